"""Fixed-position records: layouts from the tables, the engine that reads and writes them, the acknowledgement."""
