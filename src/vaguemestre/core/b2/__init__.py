"""B2: records, lots and files between bytes and values, and between a care sheet and its invoice."""
