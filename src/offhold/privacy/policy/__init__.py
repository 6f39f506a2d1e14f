"""The policy: Cedar files that say all that may be done with bank data, their evaluation and their proof."""
