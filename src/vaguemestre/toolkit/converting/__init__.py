"""What converting is in both norms: records as JSON by their layout tables, tables, and where a conversion is written."""
