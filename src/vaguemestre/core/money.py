"""Money is whole cents; this file rounds half up, shares by percent, and shows.

Rounding is `fides:04-CF`: half up to the cent at every step where the source says "round".
"""

from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")


def half_up(numerator: int, denominator: int) -> int:
    """`numerator / denominator` rounded half up (away from zero on a tie), for whole numbers; `denominator` > 0."""
    if numerator < 0:
        return -half_up(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def percent_of(cents: int, percent: int) -> int:
    """`percent` % of `cents`, in cents, half up."""
    return half_up(cents * percent, 100)


def cents_of(euros: Decimal) -> int:
    """An amount in euros as whole cents, half up."""
    return int(euros.quantize(_CENT, ROUND_HALF_UP).scaleb(2))


def euros_of(cents: int) -> Decimal:
    """Whole cents as an amount in euros, always with two decimals."""
    return Decimal(cents).scaleb(-2)


def plain(cents: int) -> str:
    """`1234.50`, as `150` cents is `1.50`: the neutral form that traces and findings carry."""
    sign, (whole, rest) = "-" if cents < 0 else "", divmod(abs(cents), 100)
    return f"{sign}{whole}.{rest:02d}"


def shown(cents: int, lang: str = "fr") -> str:
    """An amount for a person: `1 234,50 €` (narrow no-break space) or `€1,234.50`."""
    sign, (whole, rest) = "-" if cents < 0 else "", divmod(abs(cents), 100)
    if lang == "fr":
        return f"{sign}{whole:,}".replace(",", "\u202f") + f",{rest:02d}\u00a0€"
    return f"{sign}€{whole:,}.{rest:02d}"
