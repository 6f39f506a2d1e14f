"""Reading an institution's data, one connector per standard."""
