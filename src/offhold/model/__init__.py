"""Values that every room shares. Imports nothing of ours; does no IO; reads no clock."""
