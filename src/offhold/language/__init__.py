"""Text → Ask: what a customer means, by grammar and word lists. Pure: no clock, no bank rows, no network."""
