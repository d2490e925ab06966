"""NOEMIE: the entities of a return between bytes and values."""
