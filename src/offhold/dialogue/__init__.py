"""Turn → Decision. Pure: what to read, what to say, what to remember."""

from offhold.dialogue.deciding import decide
from offhold.dialogue.disclosing import disclosed

__all__ = ["decide", "disclosed"]
