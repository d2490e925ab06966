"""Lists of codes that a thorough check of B2 compares fields with, beside those that stand in the layouts themselves.

`CODES` are the specification's; `PUBLIC_CODES` come from public lists that may be incomplete: what they lack never fails a file. An
absent field (blanks, or zeros in a numeric one) is in every list.
"""

from typing import Final

from vaguemestre.tables.schemes import SCHEMES
from vaguemestre.tables.sheet_limits import TEETH
from vaguemestre.tables.specialties import SPECIALTIES

Codes = dict[tuple[str, str], frozenset[str]]

CODES: Final[Codes] = {
    ("2", "scheme_code"): frozenset(SCHEMES),
    ("4M", "association_code"): frozenset("12345"),
}
"""(record, field) -> its codes. fides:07-DICO, fides:04-CF."""

_SPECIALTIES: Final = frozenset(entry.code for entry in SPECIALTIES)
PUBLIC_CODES: Final[Codes] = {
    ("2", "entitlement_proof_nature"): frozenset("12345"),
    ("2", "complementary_contract_type"): frozenset(("85", "87", "88", "89", "91", "92", "93", "99")),
    ("3S", "prescriber_specialty"): _SPECIALTIES,
    ("4", "prescriber_specialty"): _SPECIALTIES,
    ("4", "performer_specialty"): _SPECIALTIES,
    ("4", "tariff_zone"): frozenset(
        [
            "10",
            "11",
            "20",
            "22",
            "23",
            "24",
            "25",
            "30",
            "31",
            "32",
            "33",
            "34",
            "35",
            "40",
            "50",
            "60",
            "70",
            "80",
            "81",
            "82",
            "83",
            "84",
            "85",
        ]
    ),
}
"""(record, field) -> its codes. snds:IR_SPE_V, snds:IR_ACT_V, snds:IR_CTA_V, snds:IR_ZTP_V."""

TOOTH_CODES: Final = TEETH
"""iso3950:5."""

TREATMENTS: Final = frozenset(
    (
        ("00", "000"),
        ("07", "000"),
        ("10", "406"),
        ("19", "035"),
        ("19", "137"),
        ("19", "750"),
        ("19", "753"),
        ("19", "958"),
    )
)
"""Treatment mode and discipline of external care: none, hospital pharmacy, emergency, imaging, forfaits. b2:0439, b2:0441."""
