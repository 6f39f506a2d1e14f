"""Offhold: a bank's own messaging service, with every figure worked out from rows."""

__version__ = "0.1.0"
