"""Where prices are known. Overseas prices differ from metropolitan ones and were not found: an act there has no price."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Zone:
    """A set of places by the first digits of the billing number (the department); `priced` tells whether prices are here."""

    key: str
    prefixes: tuple[str, ...]  # () for every other place
    priced: bool
    name_fr: str
    name_en: str


ZONES: tuple[Zone, ...] = (
    Zone("overseas", ("97", "98"), False, "outre-mer", "overseas France"),
    Zone("metropolitan", (), True, "France métropolitaine", "metropolitan France"),
)
"""vgm:tariff-zone. First match wins."""
