"""What law, norms and conventions revise: dated tariffs, layouts, code lists, finding codes, the register of specifications.

Frozen values only, read once. A table imports the standard library and other tables, never `core` or an outer room.
"""
