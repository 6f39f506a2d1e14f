"""Turn → Decision. Pure: what to read, what to say, what to remember."""

from offhold.dialogue.deciding import decide

__all__ = ["decide"]
