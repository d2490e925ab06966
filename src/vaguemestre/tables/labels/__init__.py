"""Words for people: what a record, a field, a code of a list is called in French and English. No behaviour.

`fields` (English labels; the French ones are the norm's own and stand in the layouts), `records`, `code_lists`, `acts`.
"""
