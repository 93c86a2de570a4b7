"""The ballot on the screen: one editor and one widget a format, order of projects, review."""
