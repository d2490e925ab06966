"""The bench: each module measures one figure of the real code, in one run, beside the bare operations it cannot do without.

Joins roles with edges as `sim` does, around a small invented practice and payer (`world`). Prints nothing: `cli.bench` shows.
"""
