"""Rules of valuation, as a trace names them."""

from vaguemestre.tables.rules.shape import Rule

RULES: tuple[Rule, ...] = ()
