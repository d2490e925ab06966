"""A B2 file in other forms: JSON (a document, or lines), CSV and parquet tables, B2 with other separators; and JSON back to B2."""
