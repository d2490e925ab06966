"""Sheets that a practice enters as CSV or JSON, from bytes to drafts."""
