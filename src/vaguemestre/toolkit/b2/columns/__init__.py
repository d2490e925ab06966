"""The columnar gate: many B2 invoices judged at once with numpy, generated from the tables; it only ever says "nothing to say".

The checks record by record (`core.b2`) stay the reference: what the gate does not clear walks them. Nothing here makes a finding.
"""
