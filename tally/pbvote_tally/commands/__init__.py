"""`pbvote-tally`, a module a command."""
