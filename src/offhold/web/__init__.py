"""Addresses that platforms, browsers and operators call."""
