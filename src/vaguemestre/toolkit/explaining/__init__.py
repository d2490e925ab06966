"""Explains one code: a finding, a field, a record, a NOEMIE entity, or a code of a list; every meaning that fits, near misses else.

Everything said comes from the tables: finding codes, layouts, code lists, prices, the register of specifications.
"""

import difflib
from collections.abc import Callable, Iterator

from vaguemestre.core.findings import Language
from vaguemestre.tables.finding_codes import AREAS, BY_CODE
from vaguemestre.toolkit.explaining import codes, findings, layouts
from vaguemestre.toolkit.explaining.shape import Explanation

__all__ = ["Explanation", "explain", "near"]

_NEAR_MAX = 8
_EXPLAINERS: tuple[Callable[[str, Language], Iterator[Explanation]], ...] = (
    findings.explain,
    layouts.explain_record,
    layouts.explain_field,
    codes.explain_list,
    codes.explain_code,
    codes.explain_act,
)


def explain(asked: str, lang: Language = "fr") -> tuple[Explanation, ...]:
    """Every meaning of what was asked, the most particular first; empty when nothing bears it.

    `asked`: `B005`, `impossible-date`, `[0212]`, `0212`, `b2:0212`, `2.insured_nir`, `insured_nir`, `4M`, `294`, `AMI`, `01`.
    Letter case does not matter.
    """
    return tuple(item for explainer in _EXPLAINERS for item in explainer(asked.strip(), lang))


def near(asked: str) -> tuple[str, ...]:
    """What resembles it among all that can be explained, the nearest first."""
    known: dict[str, str] = {}
    for word in (*_finding_words(), *layouts.words(), *codes.words()):
        known.setdefault(word.upper(), word)
    wanted = asked.strip().upper().strip("[]")
    found = difflib.get_close_matches(wanted, known, n=_NEAR_MAX, cutoff=0.6)
    starts = [word for word in known if len(wanted) > 1 and word.startswith(wanted) and word not in found]
    return tuple(known[word] for word in (*found, *starts)[:_NEAR_MAX])


def _finding_words() -> Iterator[str]:
    yield from BY_CODE
    for entries in AREAS.values():
        yield from (entry.name for entry in entries)
