"""Control keys of many numbers at once: the key of the NIR, and that of RPPS, billing, establishment and accident numbers."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vaguemestre.core.values import dataclass
from vaguemestre.toolkit.b2.columns.batch import Batch, Numbers, read_words
from vaguemestre.toolkit.b2.columns.plan import WORD, Bytes, Flags, Words, right_window

NIR_BYTES: Final = 13
_LETTER: Final = 6  # where a NIR of Corsica has a letter, 0-based
_FIRST, _LAST = 10**12, 9 * 10**12  # its first digit goes from 1 to 8
_SPACES: Final = np.uint64(0x2020202020202020)
_ZEROS: Final = np.uint64(0x3030303030303030)
_HIGH: Final = np.uint64(0xF0F0F0F0F0F0F0F0)
_SIX: Final = np.uint64(0x0606060606060606)


def _sums() -> Numbers:
    """The sum of four digits as the key counts them, the key last: every other digit from there doubled, then its digits summed."""
    number = np.arange(10_000)
    ones, tens, hundreds, thousands = (number // 10**power % 10 for power in range(4))
    doubled = np.array([sum(divmod(2 * digit, 10)) for digit in range(10)])
    sums: Numbers = ones + doubled[tens] + hundreds + doubled[thousands]
    return sums


_SUMS: Final = _sums()
"""Every fourth digit of a longer number counts alike: a number is summed by fours."""
_RIGHT: Final[Flags] = np.arange(3 * int(_SUMS.max()) + 1) % 10 == 0


def luhn_is_right(low: Numbers, high: Numbers) -> Flags:
    """Whether numbers end with their key; zero does. `low` are the last eight digits, `high` the digits before (four at most)."""
    fours = low // 10_000
    total = _SUMS.take(fours, mode="clip")
    total += _SUMS.take(low - fours * 10_000, mode="clip")
    total += _SUMS.take(high, mode="clip")
    right: Flags = _RIGHT.take(total)
    return right


@dataclass(frozen=True, slots=True)
class TextPlace:
    """Where a field of text of 9 to 16 bytes stands: its two windows, and what spaces and digits look like in them."""

    starts: NDArray[np.intp]
    masks: Words
    spaces: Words
    zeros: Words
    sixes: Words

    @classmethod
    @cache
    def of(cls, start: int, length: int) -> "TextPlace":
        """`start` is 0-based."""
        windows = (right_window(start, length), right_window(start, length - WORD))
        masks = np.array([[window.mask] for window in windows], np.uint64)
        starts = np.array([window.start for window in windows], np.intp)
        return cls(starts, masks, _SPACES & masks, _ZEROS & masks, _SIX & masks)


class Text:
    """A field of text that should be a number, in the rows of one type: as words, before it is read."""

    def __init__(self, batch: Batch, kind: int, start: int, length: int) -> None:
        """`start` is 0-based."""
        self._place = TextPlace.of(start, length)
        self.words = batch.words(kind, self._place.starts, self._place.masks)

    def is_blank(self) -> Flags:
        """By row: nothing but spaces."""
        blank: Flags = np.logical_and.reduce(self.words == self._place.spaces, axis=0)
        return blank

    def is_digits(self) -> Flags:
        """By row: nothing but digits."""
        bits = self.words ^ self._place.zeros
        bits |= bits + self._place.sixes
        bits &= _HIGH
        digits: Flags = np.logical_and.reduce(bits == 0, axis=0)
        return digits

    def read(self) -> tuple[Numbers, Numbers]:
        """The last eight digits and those before; the words are used up."""
        low, high = read_words(self.words)
        return low, high


def nir_is_right(batch: Batch, kind: int, start: int, key: Numbers) -> Flags:
    """Whether the NIR at `start` (0-based) has its form and its key, or both are empty."""
    text = Text(batch, kind, start, NIR_BYTES)
    blank = text.is_blank()
    if blank.all():
        empty: Flags = key == 0
        return empty
    less = _read_corsica(batch.records(kind)[:, start : start + NIR_BYTES], text.words[0])
    digits = text.is_digits()
    low, high_digits = text.read()
    number = high_digits * 10**8 + low
    formed = digits & (number >= _FIRST) & (number < _LAST)
    right: Flags = ((blank | (digits & (number == 0))) & (key == 0)) | (formed & (97 - (number - less) % 97 == key))
    return right


def _read_corsica(nirs: Bytes, low: Words) -> Numbers | int:
    """Put a zero for the letter of 2A and 2B in the words of the last eight characters; what the key then counts less."""
    letters = nirs[:, _LETTER]
    rows = np.flatnonzero((letters == ord("A")) | (letters == ord("B")))
    if not len(rows):
        return 0
    rows = rows[nirs[rows, _LETTER - 1] == ord("2")]
    less = np.zeros(len(nirs), np.int64)
    less[rows] = np.where(letters[rows] == ord("A"), 1_000_000, 2_000_000)
    place = np.uint64(8 * (_LETTER - NIR_BYTES + WORD))
    low[rows] = (low[rows] & ~(np.uint64(0xFF) << place)) | (np.uint64(ord("0")) << place)
    return less
