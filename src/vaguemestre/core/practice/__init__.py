"""The practice's book, and what an answer makes of a sheet."""
