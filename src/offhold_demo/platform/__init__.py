"""A stand-in for the Messenger Platform: webhooks out, Graph API in, and a page that looks like a phone chat."""

from offhold_demo.platform.app import Platform
from offhold_demo.platform.graph import App
from offhold_demo.platform.phone import application

__all__ = ["App", "Platform", "application"]
