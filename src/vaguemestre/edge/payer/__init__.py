"""The payer's store, table by table, and its way out."""
