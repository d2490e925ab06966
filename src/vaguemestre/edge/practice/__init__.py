"""The practice's store, table by table, and the fund's bundle as it keeps it."""
