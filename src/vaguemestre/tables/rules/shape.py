"""The shape of one rule of a trace."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """`key` is stable (stored in traces for years); `fr` and `en` are templates over `value`, `before` and `after`."""

    key: str
    citation: str
    fr: str
    en: str
