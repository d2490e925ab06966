"""The trace that every decision about money keeps: rule, value, source, before, after.

Positional and compact on purpose: it is stored for every line of every sheet and rendered to text only when read. The payer's
console, the return and the patient's statement are three prints of it.
"""

import re
from typing import NamedTuple

from vaguemestre.core.money import shown
from vaguemestre.tables.rules import BY_KEY, Rule

_DECIMAL_POINT = re.compile(r"(?<=\d)\.(?=\d)")  # values are stored with a point; a French reader expects a comma


class Step(NamedTuple):
    """One rule applied to one line (0 = the whole sheet): the value used, the amount before and after, in cents."""

    rule: str  # key in tables.rules
    line: int
    value: str
    before_cents: int
    after_cents: int

    @property
    def entry(self) -> Rule:
        return BY_KEY[self.rule]


Trace = tuple[Step, ...]


def sentence(step: Step, lang: str = "fr") -> str:
    """The step in plain words, for a person who is no clerk."""
    template = step.entry.fr if lang == "fr" else step.entry.en
    value = _DECIMAL_POINT.sub(",", step.value) if lang == "fr" else step.value
    return template.format(value=value, before=shown(step.before_cents, lang), after=shown(step.after_cents, lang))
