"""Running the service: clock, failpoints, logging, metrics. Imports nothing of ours but errors."""
