"""Officials at the kiosk: opening, status, closing, and what is kept of it."""
