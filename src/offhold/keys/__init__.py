"""Keys at rest: one root key, everything else derived from it."""
