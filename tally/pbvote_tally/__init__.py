"""The tally: merge, mix, open, count, explain, publish, verify."""
