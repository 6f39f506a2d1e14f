"""The promise as mechanism: consent, and the gate that is the only door to bank data."""
