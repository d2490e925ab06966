"""The checks of an invoice once more, for a whole batch at once: each has here its twin, paired with it in a table `TWINS`.

A twin rejects at least the invoices in which its check finds something; it may mistrust more, never less.
"""
