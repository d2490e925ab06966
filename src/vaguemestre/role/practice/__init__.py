"""The practice's day: record, put in lots, seal, send, collect, reconcile, correct, keep safe, show.

Each file is one thing that a practice does; `edges.py` says what it is handed. Several practices run in one process: nothing here
holds state of its own.
"""
