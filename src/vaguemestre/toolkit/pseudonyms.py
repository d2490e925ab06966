"""Fictitious values in place of real ones: the same for one secret and one value, not to be traced back without the secret.

Nothing is remembered: each value is a keyed hash (BLAKE2b) of what it replaces, so memory stays flat and both ends agree.
"""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from vaguemestre.core.identifiers import NirKind, control_key, nir_is_valid, nir_key, nir_kind

SECRET_BYTES: Final = 32
SHIFT_WEEKS_MAX: Final = 52
"""Dates move by 1 to 52 weeks, earlier or later."""

_DEPARTMENTS: Final = tuple(f"{number:02d}" for number in range(1, 96) if number != 20)
_SYLLABLES: Final = tuple(consonant + vowel for consonant in "BCDFGKLMNPRSTV" for vowel in "AEO")
_CACHED: Final = 1 << 16
_HALF_BITS, _ROUNDS = 12, 6
_SERIALS: Final = 10_000_000
_YEAR_FIRST, _YEAR_LAST = 1970, 2069  # vgm:two-digit-years


class Pseudonyms:
    """The fictitious values of one secret. Every method takes and gives text of the same length."""

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.blake2b(secret, digest_size=SECRET_BYTES, person=b"vgm-anonymise").digest()
        weeks = self._draw("shift", "", 2 * SHIFT_WEEKS_MAX) - SHIFT_WEEKS_MAX
        self._shift = timedelta(weeks=weeks + 1 if weeks >= 0 else weeks)
        self.nir: Callable[[str], str] = lru_cache(_CACHED)(self._nir)
        self.number: Callable[[str], str] = lru_cache(_CACHED)(self._number)
        self.rpps: Callable[[str], str] = lru_cache(_CACHED)(self._rpps)
        self.invoice: Callable[[str], str] = lru_cache(_CACHED)(self._invoice)

    def _draw(self, kind: str, value: str, below: int) -> int:
        digest = hashlib.blake2b(f"{kind}\0{value}".encode(), digest_size=16, key=self._key).digest()
        return int.from_bytes(digest, "big") % below

    def _nir(self, nir: str) -> str:
        """Same first digit and year; a commune that no NIR has (vgm:demo-people). What has not the form of a NIR keeps none."""
        try:
            nir_key(nir)
        except ValueError:
            return "9" + f"{self._draw('bad-nir', nir, 10**12):012d}"
        if nir_kind(nir) is NirKind.ANONYMOUS:
            return nir  # names a fund, nobody
        month = 1 + self._draw("month", nir, 12)
        department = _DEPARTMENTS[self._draw("department", nir, len(_DEPARTMENTS))]
        rest = self._draw("order", nir, 9990)
        return f"{nir[:3]}{month:02d}{department}{990 + rest % 10}{rest // 10 + 1:03d}"

    def nir_key(self, nir: str, key: str) -> str:
        """The key of the fictitious NIR of `nir`; wrong if `key` was."""
        fake = self.nir(nir)
        try:
            right = int(nir_key(fake))
        except ValueError:
            return f"{self._draw('bad-key', nir + key, 97) + 1:02d}"
        wrong = not nir_is_valid(nir, key)
        number = right % 97 + 1 if wrong else right
        return f"{number:02d}"

    def birth(self, digits: str, nir: str, today: date | None) -> str:
        """A birth date AAMMJJ: same year; under 3 years at `today` (or without it) shifted, so that care stays after birth."""
        if not _is_digits(digits):
            return self.characters(digits)
        year, month = int(digits[:2]), int(digits[2:4])
        if not 1 <= month <= 12:  # lunar: no day of any calendar
            return digits[:4] + f"{1 + self._draw('day', nir + digits, 28):02d}"
        if today is None or (today.year - year) % 100 < 3 or (year - today.year) % 100 < 2:
            return self.day(digits)
        fake = self.nir(nir) if nir[1:5] == digits[:4] else ""
        month = int(fake[3:5]) if fake else 1 + self._draw("birth-month", nir + digits, 12)
        return f"{digits[:2]}{month:02d}{1 + self._draw('day', nir + digits, 28):02d}"

    def day(self, digits: str) -> str:
        """A day AAMMJJ, shifted; an impossible one becomes another impossible one."""
        if not _is_digits(digits):
            return self.characters(digits)
        year = int(digits[:2])
        try:
            moved = (
                date(year + (1900 if year >= _YEAR_FIRST % 100 else 2000), int(digits[2:4]), int(digits[4:]))
                + self._shift
            )
        except ValueError:
            return "999999"
        if moved.year < _YEAR_FIRST:
            moved = moved.replace(year=_YEAR_FIRST)
        if moved.year > _YEAR_LAST:
            moved = moved.replace(year=_YEAR_LAST)
        return f"{moved.year % 100:02d}{moved.month:02d}{moved.day:02d}"

    def _number(self, number: str) -> str:
        """A billing, structure or prescriber number: 99, six digits, key. No department is 99."""
        if not _is_digits(number):
            return self.characters(number)
        body = f"99{self._draw('number', number, 10**6):06d}"
        return self._keyed(body, number[8:9] == control_key(number[:8]))

    def _rpps(self, number: str) -> str:
        if not _is_digits(number):
            return self.characters(number)
        body = f"99{self._draw('rpps', number, 10**8):08d}"
        return self._keyed(body, number[10:11] == control_key(number[:10]))

    def accident(self, number: str) -> str:
        """A work accident number; one written as a date (000AAMMJJ) is shifted."""
        if not _is_digits(number):
            return self.characters(number)
        if number.startswith("000"):
            return "000" + self.day(number[3:])
        body = f"99{self._draw('accident', number, 10**6):06d}"
        return self._keyed(body, number[8:9] == control_key(number[:8]))

    def place(self, text: str) -> str:
        """A wider field: zeros and a 9-digit number as a rule."""
        number = text.rstrip(" ")
        if _is_digits(number) and len(number) >= 9 and not number[:-9].strip("0"):
            return (number[:-9] + self.number(number[-9:])).ljust(len(text))
        return self.characters(text)

    def characters(self, text: str) -> str:
        """Each digit and each letter replaced; the rest kept."""
        value = text.rstrip(" ")
        drawn = self._draw("characters", value, 1 << 120)
        made = []
        for char in value:
            drawn, digit = divmod(drawn, 260)
            kept = _is_digits(char)
            made.append(str(digit % 10) if kept else chr(65 + digit % 26) if char.isalpha() else " ")
        return "".join(made).ljust(len(text))

    def name(self, text: str) -> str:
        """An invented name, at most as long as the field."""
        drawn = self._draw("name", text.rstrip(" "), 1 << 60)
        made = ""
        for _ in range(4):
            drawn, rank = divmod(drawn, len(_SYLLABLES))
            made += _SYLLABLES[rank]
        return made[: len(text)].ljust(len(text))

    def issuer_name(self, text: str) -> str:
        return f"EMETTEUR {self._draw('issuer', text.rstrip(' '), 10_000):04d}"[: len(text)].ljust(len(text))

    def identifier(self, text: str) -> str:
        return f"Z{self._draw('file', text, 10**5):05d}"[: len(text)].ljust(len(text))

    def _invoice(self, number: str) -> str:
        """Nine digits: the first two kept, the seven others permuted, so that two different numbers stay different."""
        if not _is_digits(number):
            return self.characters(number)
        serial = int(number[2:])
        while True:
            serial = self._permuted(serial, number[:2])
            if serial < _SERIALS:
                return f"{number[:2]}{serial:07d}"

    def _permuted(self, value: int, tweak: str) -> int:
        """A keyed permutation of 24 bits: a Feistel network, whatever its rounds are."""
        left, right = value >> _HALF_BITS, value & ((1 << _HALF_BITS) - 1)
        for rank in range(_ROUNDS):
            left, right = right, left ^ self._draw(f"round{rank}", f"{tweak}{right}", 1 << _HALF_BITS)
        return left << _HALF_BITS | right

    def _keyed(self, body: str, right: bool) -> str:
        key = control_key(body)
        return body + (key if right else str((int(key) + 1) % 10))


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
