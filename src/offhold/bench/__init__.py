"""What the service costs, measured on the machine at hand: `offhold bench`. Ratios and budgets, never a test."""
