"""What is printed as PDF: letters, lists, reports."""
