"""The tariff: one legal value, one dated entry, each with its source, its confidence and the day it was last checked.

Literal values only. A rule that changes gets a dated sibling; an entry is never edited to mean something else at another date.
`vaguemestre.core.tariff.book` indexes these tables and refuses overlapping periods when it loads.
"""
