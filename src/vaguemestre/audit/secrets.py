"""What must not be readable: every identity of every person, in each form in which it could be written.

- A NIR, the insured's or the patient's own, is a leak wherever it stands: compact or with separators, digits before it or not.
- A last name is a leak wherever it stands: as written, in capitals, in small letters, without accents, in UTF-8 or Latin-1.
- A first name, a date of birth, the number of a card, or the code of an act says nothing alone: a date in a log is the day of a
  sending, `Rose` is a colour, `C` is a letter. Two of them within a line's length, one at least being no act, are a leak when they
  fit few enough people to say who it is. This is sought in text only: between the bytes of an encrypted body, letters mean nothing.

Not sought: the printed name of a sheet (number, day, serial), which every answer bears and which tells of no person; a birth date
in six digits, which any invoice number could be; the act of a sheet beside that sheet's printed name.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

SUBJECTS_APART: Final = ", "
_NEAR_BYTES: Final = 160
_FITTING_MAX: Final = 3
"""So few people still are somebody; more of them are a crowd."""
_SHORT_NAME_BYTES: Final = 7
"""A shorter name is only one between two bytes that are no letters: chance writes five letters somewhere in a gigabyte."""
_SEPARATORS: Final = b" \t\r\n.-_/\xa0\xc2\x00"
_DIGITS: Final = re.compile(rb"[0-9][0-9ABab]{12,}")
_NIR_DIGITS: Final = 13
_DATE: Final = re.compile(rb"(?:[0-9]{4}([-/. ]?)[0-9]{2}\1[0-9]{2}|[0-9]{2}([-/. ])[0-9]{2}\2[0-9]{4})(?![0-9])")
_DATE_SEPARATORS: Final = b"-/. "
_CARD: Final = re.compile(rb"[0-9]{10,}")
_TOKEN: Final = re.compile(rb"[A-Z][A-Z0-9]{0,6}")
_CONTROLS: Final = bytes(set(range(32)) - set(b"\t\r\n\f\x1b"))
_LETTERS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


class Found(NamedTuple):
    """One secret read: `nir`, `name`, `identity` (two facts that say who) or `care` (who, and an act), and whose.

    `subject`: the number of the person; of everybody who bears a name, `SUBJECTS_APART` from each other.
    """

    kind: str
    subject: str


class _Clue(NamedTuple):
    """One fact that says nothing alone: what it is, and whom it fits."""

    kind: str  # "first name", "birth", "card" or "act"
    fits: frozenset[str]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Person:
    """One person, as the auditor was told. `birth_date` is an ISO text, whose month may be lunar; `acts` the codes recorded."""

    subject: str
    nirs: tuple[str, ...]
    last_name: str
    first_name: str = ""
    birth_date: str = ""
    cards: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()


class Secrets:
    """Everything that is sought, ready to be sought in any bytes."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._nirs: dict[bytes, str] = {}
        kinds = ("last name", "first name", "birth", "card", "act")
        known: dict[str, dict[bytes, set[str]]] = {kind: defaultdict(set) for kind in kinds}
        for person in people:
            self._nirs |= {nir.encode(): person.subject for nir in person.nirs if nir}
            facts = (
                ("last name", _written(person.last_name)),
                ("first name", _written(person.first_name)),
                ("birth", _dates(person.birth_date)),
                ("card", [card.encode() for card in person.cards]),
                ("act", [act.encode() for act in person.acts]),
            )
            for kind, texts in facts:
                for text in texts:
                    known[kind][text].add(person.subject)
        bearers = known.pop("last name").items()
        self._names = {name: SUBJECTS_APART.join(sorted(subjects)) for name, subjects in bearers}
        self._clues: Mapping[str, Mapping[bytes, frozenset[str]]] = {
            kind: {text: frozenset(fits) for text, fits in texts.items()} for kind, texts in known.items()
        }

    def alone(self, data: bytes) -> Iterator[Found]:
        """NIRs, wherever they are."""
        for run in _DIGITS.finditer(data.translate(None, _SEPARATORS)):
            digits = run.group().upper()
            for start in range(len(digits) - _NIR_DIGITS + 1):
                subject = self._nirs.get(digits[start : start + _NIR_DIGITS])
                if subject is not None:
                    yield Found("nir", subject)

    def names(self, data: bytes) -> Iterator[Found]:
        """Last names, wherever they are."""
        for match in self._name_pattern.finditer(data):
            subject = self._names.get(match.group())
            if subject is not None and _stands(data, match):
                yield Found("name", subject)

    def together(self, data: bytes) -> Iterator[Found]:
        """Facts that say who only together, in a text."""
        for first, second in self._neighbours(data):
            fits = first.fits & second.fits
            if first.kind != second.kind and 0 < len(fits) <= _FITTING_MAX:
                kind = "care" if "act" in (first.kind, second.kind) else "identity"
                yield from (Found(kind, subject) for subject in sorted(fits))

    def _neighbours(self, data: bytes) -> Iterator[tuple[_Clue, _Clue]]:
        near: list[_Clue] = []
        for clue in sorted(self._identities(data), key=lambda clue: clue.start):
            near = [other for other in near if clue.start - other.end <= _NEAR_BYTES]
            yield from ((other, clue) for other in near)
            near.append(clue)
            yield from ((clue, act) for act in self._acts(data, clue))

    def _identities(self, data: bytes) -> Iterator[_Clue]:
        names, births, cards = (self._clues[kind] for kind in ("first name", "birth", "card"))
        for match in self._first_name_pattern.finditer(data) if names else ():
            if match.group() in names and _stands(data, match, always_apart=True):
                yield _Clue("first name", names[match.group()], match.start(), match.end())
        for match in _DATE.finditer(data) if births else ():
            fits = births.get(match.group().translate(None, _DATE_SEPARATORS))
            if fits and not data[max(0, match.start() - 1) : match.start()].isdigit():
                yield _Clue("birth", fits, match.start(), match.end())
        for match in _CARD.finditer(data) if cards else ():
            fits = cards.get(match.group())
            if fits:
                yield _Clue("card", fits, match.start(), match.end())

    def _acts(self, data: bytes, clue: _Clue) -> Iterator[_Clue]:
        known = self._clues["act"]
        for match in _TOKEN.finditer(data, max(0, clue.start - _NEAR_BYTES), clue.end + _NEAR_BYTES):
            fits = known.get(match.group())
            if fits and _stands(data, match, always_apart=True):
                yield _Clue("act", fits, match.start(), match.end())

    @cached_property
    def _name_pattern(self) -> re.Pattern[bytes]:
        return _any_of(self._names)

    @cached_property
    def _first_name_pattern(self) -> re.Pattern[bytes]:
        return _any_of(self._clues["first name"])


def is_text(data: bytes) -> bool:
    """Whether it holds no control character but those that a text needs."""
    return len(data) == len(data.translate(None, _CONTROLS))


def _stands(data: bytes, match: "re.Match[bytes]", *, always_apart: bool = False) -> bool:
    """Whether it is a word of its own, or long enough not to need to be."""
    if not always_apart and match.end() - match.start() >= _SHORT_NAME_BYTES:
        return True
    around = data[max(0, match.start() - 1) : match.start()] + data[match.end() : match.end() + 1]
    digits_too = always_apart and match.group().isascii() and match.group().isupper()
    return not any(byte in _LETTERS or (digits_too and 48 <= byte < 58) for byte in around)


def _written(name: str) -> set[bytes]:
    """A name in each way that it is written."""
    plain = "".join(char for char in unicodedata.normalize("NFD", name) if not unicodedata.combining(char))
    texts = {cased for text in (name, plain) for cased in (text, text.upper(), text.lower())}
    return {form for text in texts if text for form in (text.encode(), text.encode("latin-1", "ignore"))}


def _dates(iso: str) -> list[bytes]:
    """A date of birth with its four digits of the year: year first, or day first; separators are passed over when reading."""
    if not iso:
        return []
    year, month, day = iso.split("-")
    return [f"{year}{month}{day}".encode(), f"{day}{month}{year}".encode()]


def _any_of(words: Iterable[bytes]) -> re.Pattern[bytes]:
    """A pattern for all these words that tries each first byte once: far quicker than one alternative per word."""
    tree: dict[int, dict] = {}  # type: ignore[type-arg]
    for word in words:
        node = tree
        for byte in word:
            node = node.setdefault(byte, {})
        node[-1] = {}
    return re.compile(_branches(tree) or rb"(?!)")


def _branches(tree: dict[int, dict]) -> bytes:  # type: ignore[type-arg]
    ways = [re.escape(bytes([byte])) + _branches(rest) for byte, rest in sorted(tree.items()) if byte != -1]
    if not ways:
        return b""
    made = ways[0] if len(ways) == 1 else b"(?:" + b"|".join(ways) + b")"
    return b"(?:" + made + b")?" if -1 in tree else made
