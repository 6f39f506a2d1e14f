"""The access log: a leaf for every access, durable before the access happens."""
