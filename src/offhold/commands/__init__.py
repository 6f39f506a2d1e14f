"""The command line's groups, one module each, registered in `cli.py`."""
