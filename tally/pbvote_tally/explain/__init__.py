"""Why each project won or not, what would have been enough, and who voted: results.json."""
