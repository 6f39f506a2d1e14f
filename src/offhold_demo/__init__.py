"""The demonstration: a bank with its own sign-in over invented households. No production install imports this."""
