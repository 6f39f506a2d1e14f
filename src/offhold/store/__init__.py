"""The database: tables, the embedded engine, migrations."""
