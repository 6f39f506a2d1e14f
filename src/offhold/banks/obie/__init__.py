"""UK Open Banking Read/Write, Account and Transaction API v4.0 (and v3.1 enumerations)."""
