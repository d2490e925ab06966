"""One outside thing per file (store, SMTP, POP3, S/MIME, keys, clock...), no business decision.

An edge knows `core` and `tables`, never a role. Every edge that can fail has an in-memory twin that passes the same contract tests.
"""
