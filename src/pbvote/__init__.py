"""pbvote: a voting and tally engine for participatory budgets that anyone can verify."""

__version__ = "0.1.0"
