"""The pure room: plain data and decisions. No clock, no randomness, no file, no socket; `now` is always a parameter.

May import the standard library, itself and `vaguemestre.tables`. Nothing else.
"""
