"""What the mail's answers mean, which way to take, and what waits to go again."""
