"""Identifiers and their keys: NIR, RPPS, billing number (AM or FINESS), work accident number. Pure arithmetic and makers.

Each kind has a quick predicate (`*_is_valid`) for the hot path, a checker that explains with findings, and a maker of valid
numbers for tests and the simulated world. Rules: `fides:07-DICO` (keys, Corsica, anonymous numbers), `vgm:nir-first-digit`.
"""

import re
from enum import StrEnum
from functools import lru_cache

from vaguemestre.core.findings import Finding, Place, finding

_NIR_SHAPE = re.compile(r"[1-8][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{6}", re.ASCII)
_NIR_ANONYMOUS = re.compile(r"[12]555555[0-9]{3}333", re.ASCII)
_NUMBER_SHAPE = re.compile(r"[0-9][0-9A-Z][0-9]{7}", re.ASCII)
_WIRE_SHAPE = re.compile(r"[0-9]{9}", re.ASCII)
_RPPS_SHAPE = re.compile(r"[0-9]{11}", re.ASCII)
_VALUES = {character: value for value, character in enumerate("0123456789")} | {
    character: value for value, character in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", start=1)
}
_SINGLE = {character: sum(divmod(value, 10)) for character, value in _VALUES.items()}
_DOUBLED = {character: sum(divmod(2 * value, 10)) for character, value in _VALUES.items()}
_CORSICA = str.maketrans({"A": "0", "B": "0"})


class NirKind(StrEnum):
    """What the first digits of a NIR say about it."""

    DEFINITIVE = "definitive"
    PROVISIONAL = "provisional"
    ANONYMOUS = "anonymous"  # screening under secrecy: names a fund, nobody


def nir_key(nir: str) -> str:
    """The 2-digit key of a 13-character NIR: 97 - (number mod 97), with 2A read as 19 and 2B as 18. fides:07-DICO.

    Raises ValueError when `nir` has not the form of a NIR.
    """
    if _NIR_SHAPE.fullmatch(nir) is None:
        raise ValueError("not the form of a NIR")
    letter = nir[6]
    if letter == "A":
        number = int(nir.translate(_CORSICA)) - 1_000_000
    elif letter == "B":
        number = int(nir.translate(_CORSICA)) - 2_000_000
    else:
        number = int(nir)
    return f"{97 - number % 97:02d}"


def nir_is_valid(nir: str, key: str) -> bool:
    """True when the NIR has its form and its key; the quick test of the hot path."""
    return _NIR_SHAPE.fullmatch(nir) is not None and nir_key(nir) == key


def nir_kind(nir: str) -> NirKind:
    """Definitive, provisional (waiting for registration, or a passage) or anonymous. vgm:nir-first-digit."""
    if _NIR_ANONYMOUS.fullmatch(nir):
        return NirKind.ANONYMOUS
    return NirKind.DEFINITIVE if nir[:1] in ("1", "2") else NirKind.PROVISIONAL


def control_key(body: str) -> str:
    """The one-digit key written after `body`: odd ranks from the right doubled, digits summed, complement to 10 (A=1, B=2).

    fides:07-DICO, for RPPS (10 digits), FINESS, AM and work accident numbers (8 characters). Raises KeyError on another character.
    """
    total = sum(map(_DOUBLED.__getitem__, body[::-2])) + sum(map(_SINGLE.__getitem__, body[-2::-2]))
    return str(-total % 10)


@lru_cache(maxsize=4096)
def rpps_is_valid(rpps: str) -> bool:
    """True for 11 digits whose last is the Luhn key of the others."""
    return _RPPS_SHAPE.fullmatch(rpps) is not None and control_key(rpps[:10]) == rpps[10]


@lru_cache(maxsize=4096)
def number_is_valid(number: str) -> bool:
    """True for a 9-digit wire number (AM or FINESS: 8 digits and key)."""
    return _WIRE_SHAPE.fullmatch(number) is not None and control_key(number[:8]) == number[8]


def work_accident_number_is_valid(number: str) -> bool:
    """True for 8 digits and key. Not cached: it is health data."""
    return _WIRE_SHAPE.fullmatch(number) is not None and control_key(number[:8]) == number[8]


def wire_number(number: str) -> str:
    """A FINESS or AM number as the wire writes it: Corsican 2A00 becomes 2001, 2B00 becomes 2002. fides:07-DICO."""
    prefix = number[:4]
    if len(number) == 9 and prefix in ("2A00", "2B00"):
        return ("2001" if prefix == "2A00" else "2002") + number[4:]
    return number


def check_nir(nir: str, key: str, place: Place) -> tuple[Finding, ...]:
    """Findings about a NIR (13 characters) and its key (2 digits) at `place`; empty when both are right."""
    if _NIR_SHAPE.fullmatch(nir) is None:
        return (finding("I001", place, found=nir, length=len(nir)),)
    expected = nir_key(nir)
    return () if expected == key else (finding("I002", place, found=key, expected=expected),)


def check_rpps(rpps: str, place: Place) -> tuple[Finding, ...]:
    """Findings about an RPPS number; empty when it is right."""
    if _RPPS_SHAPE.fullmatch(rpps) is None:
        return (finding("I003", place, found=rpps),)
    expected = control_key(rpps[:10])
    return () if expected == rpps[10] else (finding("I004", place, found=rpps[10], expected=expected),)


def check_number(number: str, place: Place) -> tuple[Finding, ...]:
    """Findings about a billing, structure or prescriber number (AM or FINESS) as the wire writes it."""
    if _WIRE_SHAPE.fullmatch(number) is None:
        return (finding("I005", place, found=number),)
    expected = control_key(number[:8])
    return () if expected == number[8] else (finding("I006", place, found=number[8], expected=expected),)


def check_work_accident_number(number: str, place: Place) -> tuple[Finding, ...]:
    """Findings about a work accident or occupational disease number (8 digits and key)."""
    if _WIRE_SHAPE.fullmatch(number) is None:
        return (finding("I007", place, found=number),)
    expected = control_key(number[:8])
    return () if expected == number[8] else (finding("I008", place, found=number[8], expected=expected),)


def finess_is_valid(number: str) -> bool:
    """True for a FINESS as printed by the State (a letter is allowed at rank 2), with its key."""
    return _NUMBER_SHAPE.fullmatch(number) is not None and control_key(number[:8]) == number[8]


def make_nir(sex: int, year: int, month: int, department: str, commune: int, order: int) -> tuple[str, str]:
    """A valid (NIR, key) for tests and the simulated world.

    `sex` is the first digit (1 or 2; 3 to 8 provisional), `year` its last two digits or the whole, `department` two characters (2A
    and 2B for Corsica) or three overseas (the commune is then two digits). Raises ValueError when it makes no NIR.
    """
    place = f"{department}{commune:03d}" if len(department) == 2 else f"{department}{commune:02d}"
    nir = f"{sex}{year % 100:02d}{month:02d}{place}{order:03d}"
    return nir, nir_key(nir)


def make_anonymous_nir(sex: int, fund: str) -> tuple[str, str]:
    """The (NIR, key) of a patient who asked for secrecy: sex, 555555, fund code, 333. fides:07-DICO."""
    nir = f"{sex}555555{fund}333"
    return nir, nir_key(nir)


def make_rpps(order: int) -> str:
    """The valid RPPS number of rank `order` (0 to 999,999,999), starting with 1 as the real ones do."""
    body = f"1{order:09d}"
    return body + control_key(body)


def make_number(body: str) -> str:
    """An AM, FINESS or work accident number from its 8 characters: the key is added."""
    return body + control_key(body)
