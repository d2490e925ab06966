"""A whole mail operator for the demo, the tests and the simulator: submission, reception, relay, mailboxes, POP3.

It runs in a process of its own (Twisted's reactor is global) and is steered through `control`. A practice or a payer talks to it
only by SMTP and POP3, as to any operator. Importing this package imports none of its servers.
"""
