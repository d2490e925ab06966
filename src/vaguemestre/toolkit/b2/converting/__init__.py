"""A B2 file in other forms: JSON (one document, or lines), CSV and parquet tables, B2 itself with other separators; JSON back to B2."""
