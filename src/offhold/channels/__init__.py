"""Places to talk: a port, and one folder for each channel."""
