"""What a fund tells everybody: its bundle, mandates, revocations and the opposition list."""
