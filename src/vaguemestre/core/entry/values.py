"""Reads the cells of an entered sheet into values, noting every one that is not what its column expects. vgm:entry-format."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from vaguemestre.core.caresheet import BirthDate, SheetIdentity
from vaguemestre.core.entry.csv_file import Values, plain_name
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.identifiers import wire_number
from vaguemestre.tables.entry_columns import BY_NAME

_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_FRENCH: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", re.ASCII)
_AMOUNT: Final = re.compile(r"[0-9]{1,7}(?:[.,][0-9]{1,2})?", re.ASCII)
_DECIMAL: Final = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,4})?", re.ASCII)
_DIGITS: Final = re.compile(r"[0-9]+", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9][0-9A-Z][0-9]{7}", re.ASCII)
_SEPARATORS: Final = re.compile(r"[ .\u00a0\u202f]+")
_YES: Final = frozenset({"1", "oui", "o", "yes", "y", "true", "vrai", "x"})
_NO: Final = frozenset({"0", "non", "n", "no", "false", "faux"})

_EXPECTED: Final[dict[str, tuple[str, str]]] = {
    "text": ("un texte court", "a short text"),
    "nir": ("un NIR de 13 caractères suivi de sa clé", "a NIR of 13 characters followed by its key"),
    "number": ("un numéro de 8 chiffres suivi de sa clé", "a number of 8 digits followed by its key"),
    "digits": ("un nombre du bon nombre de chiffres", "a number of the right number of digits"),
    "date": ("une date (2022-04-27 ou 27/04/2022)", "a date (2022-04-27 or 27/04/2022)"),
    "birth": ("une date de naissance (1958-04-27 ou 27/04/1958)", "a birth date (1958-04-27 or 27/04/1958)"),
    "integer": ("un nombre entier", "a whole number"),
    "decimal": ("un nombre décimal", "a decimal number"),
    "money": ("un montant en euros, à deux décimales au plus", "an amount in euros, with two decimals at most"),
    "boolean": ("oui ou non", "yes or no"),
    "choice": ("une valeur de la liste", "a value of the list"),
    "teeth": ("des numéros de dents à deux chiffres", "tooth numbers of two digits"),
    "letters": ("quelques lettres ou chiffres", "a few letters or digits"),
    "identity": ("une feuille (numéro/date/rang)", "a sheet (number/date/serial)"),
}


class Cells:
    """The values of one line, read by column name; what is wrong is added to `found`, and None or "" stands instead."""

    def __init__(self, values: Values, place: Place, found: list[Finding]) -> None:
        self._values = values
        self._place = place
        self._found = found

    def has(self, name: str) -> bool:
        """Whether the column holds something."""
        return bool(self._values.get(name))

    def missing(self, name: str) -> None:
        """Note that a column is empty that should not be."""
        self._found.append(finding("I106", self._at(name), column_fr=BY_NAME[name].name_fr, column_en=name))

    def text(self, name: str) -> str:
        """A short text."""
        value = self._values.get(name, "")
        return value if len(value) <= BY_NAME[name].width else self._wrong(name)

    def letters(self, name: str) -> tuple[str, ...]:
        """Single characters, as CCAM modifiers."""
        return tuple(self.text(name).replace(" ", "").upper())

    def digits(self, name: str) -> str:
        """Digits, completed with zeros to the column's width: spreadsheets drop those in front."""
        value = _SEPARATORS.sub("", self._values.get(name, ""))
        width = BY_NAME[name].width
        if not value:
            return ""
        return value.zfill(width) if _DIGITS.fullmatch(value) and len(value) <= width else self._wrong(name)

    def number(self, name: str) -> str:
        """A health insurance or FINESS number as the wire writes it; a Corsican one is rewritten."""
        value = _SEPARATORS.sub("", self._values.get(name, "")).upper()
        if not value:
            return ""
        return wire_number(value) if _NUMBER.fullmatch(value) else self._wrong(name)

    def nir(self, name: str) -> tuple[str, str]:
        """(13 characters, key); the keys themselves are checked with the sheet."""
        value = _SEPARATORS.sub("", self._values.get(name, "")).upper()
        if not value:
            return "", ""
        if len(value) != 15 or not value.isascii() or not value.isalnum():
            self._wrong(name)
            return "", ""
        return value[:13], value[13:]

    def day(self, name: str) -> date | None:
        """A date, ISO or French."""
        parts = self._parts(name)
        if parts is None:
            return None
        try:
            return date(*parts)
        except ValueError:
            self._wrong(name)
            return None

    def birth(self, name: str) -> BirthDate | None:
        """A birth date, whose month may be lunar."""
        parts = self._parts(name)
        return None if parts is None else BirthDate(*parts)

    def _parts(self, name: str) -> tuple[int, int, int] | None:
        value = self._values.get(name, "")
        if not value:
            return None
        if (iso := _ISO.fullmatch(value)) is not None:
            return int(iso[1]), int(iso[2]), int(iso[3])
        if (french := _FRENCH.fullmatch(value)) is not None:
            return int(french[3]), int(french[2]), int(french[1])
        self._wrong(name)
        return None

    def integer(self, name: str, default: int) -> int:
        """A whole number of at most six digits."""
        value = self._values.get(name, "")
        if not value:
            return default
        if _DIGITS.fullmatch(value) and len(value) <= 6:
            return int(value)
        self._wrong(name)
        return default

    def decimal(self, name: str, default: Decimal) -> Decimal:
        """A decimal number, with a comma or a point."""
        value = self._values.get(name, "")
        if not value:
            return default
        try:
            if _DECIMAL.fullmatch(value):
                return Decimal(value.replace(",", "."))
        except InvalidOperation:
            pass
        self._wrong(name)
        return default

    def cents(self, name: str) -> int | None:
        """An amount in euros, given in cents; None when empty."""
        value = _SEPARATORS_OF_THOUSANDS.sub("", self._values.get(name, "")).removesuffix("€").strip()
        if not value:
            return None
        if not _AMOUNT.fullmatch(value):
            self._wrong(name)
            return None
        euros, _, rest = value.replace(",", ".").partition(".")
        return int(euros) * 100 + int(rest.ljust(2, "0"))

    def flag(self, name: str) -> bool | None:
        """Yes, no, or None when empty."""
        word = plain_name(self._values.get(name, ""))
        if not word:
            return None
        if word in _YES or word in _NO:
            return word in _YES
        self._wrong(name)
        return None

    def choice(self, name: str, default: str = "") -> str:
        """The code of a word of the column's list."""
        word = plain_name(self._values.get(name, ""))
        if not word:
            return default
        code = dict(BY_NAME[name].choices).get(word)
        return code if code is not None else self._wrong(name) or default

    def teeth(self, name: str) -> tuple[str, ...]:
        """Tooth numbers, separated by spaces, commas or plus signs; their existence is checked with the sheet."""
        parts = tuple(part for part in re.split(r"[ ,+]+", self._values.get(name, "")) if part)
        if all(len(part) == 2 and _DIGITS.fullmatch(part) for part in parts):
            return parts
        self._wrong(name)
        return ()

    def identity(self, name: str) -> SheetIdentity | None:
        """A sheet's identity as the project prints it: number/date/serial."""
        value = self._values.get(name, "")
        if not value:
            return None
        parts = value.split("/")
        try:
            if len(parts) == 3 and _NUMBER.fullmatch(parts[0]) and _DIGITS.fullmatch(parts[2]) and len(parts[2]) <= 4:
                return SheetIdentity(parts[0], date.fromisoformat(parts[1]), int(parts[2]))
        except ValueError:
            pass
        self._wrong(name)
        return None

    def _wrong(self, name: str) -> str:
        column = BY_NAME[name]
        expected_fr, expected_en = _EXPECTED[column.kind.value]
        value = self._values.get(name, "")[:64]
        self._found.append(
            finding(
                "I107",
                self._at(name),
                column_fr=column.name_fr,
                column_en=column.name,
                found=value,
                expected_fr=expected_fr,
                expected_en=expected_en,
            )
        )
        return ""

    def _at(self, name: str) -> Place:
        return Place(source=self._place.source, line=self._place.line, field=name)


_SEPARATORS_OF_THOUSANDS: Final = re.compile(r"[ \u00a0\u202f]+")
