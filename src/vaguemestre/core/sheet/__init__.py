"""What may be said of one sheet before it leaves: checks, deadlines, papers."""
