"""Use cases: a file reads as that actor's day (practice, payer, patient, operator).

A role knows `core` and `tables`; it is handed its edges as one frozen dataclass of Protocols and never imports one.
"""
