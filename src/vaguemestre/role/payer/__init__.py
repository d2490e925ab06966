"""The payer's day: take in, register, acknowledge, decide, pay, answer. Each file is one of these acts."""
