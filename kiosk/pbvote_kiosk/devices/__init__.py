"""Hardware: scanner, receipt printers, speech."""
