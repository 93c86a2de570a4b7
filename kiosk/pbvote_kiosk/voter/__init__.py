"""The voter: choice, session, screens."""
