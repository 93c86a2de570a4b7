"""Pages as PDF: letters of all Europe, sheets that fill from the top, reports to sign."""
