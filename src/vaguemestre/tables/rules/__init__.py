"""Every rule that may change an amount, with its citation and its sentence in plain words (French, English)."""

from vaguemestre.tables.rules import payment, valuation
from vaguemestre.tables.rules.shape import Rule

ALL: tuple[Rule, ...] = (*valuation.RULES, *payment.RULES)
BY_KEY: dict[str, Rule] = {rule.key: rule for rule in ALL}

__all__ = ["ALL", "BY_KEY", "Rule"]
