"""The bank's own web chat: no other company carries it, so it always shows figures."""
