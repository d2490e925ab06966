"""A B2 file in other forms: its tree as JSON, its tables a batch at a time, B2 with other separators; and JSON back to B2."""
