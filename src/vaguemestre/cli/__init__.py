"""Command line: verbs are role functions. Joins roles with their edges, shows, asks, decides nothing."""
