"""The Messenger Platform: webhook in, Send API out, account linking."""
