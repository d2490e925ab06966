"""Reading within limits: gzip opened whole, in pieces, damaged, or far larger than agreed; the window over chunks."""

import gzip
import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.bounded import DEFAULT_LIMITS, ReadingLimits, Window, chunks_of, gunzip, opened
from vaguemestre.core.findings import Finding, Place, finding

NOISE = random.Random(1).randbytes(100_000)


@given(data=st.binary(max_size=5000), size=st.integers(1, 500), packed=st.booleans())
def test_any_bytes_in_any_pieces(data: bytes, size: int, packed: bool) -> None:
    if data[:2] == b"\x1f\x8b":
        packed = True
    given_bytes = gzip.compress(data) if packed else data
    pieces = [given_bytes[start : start + size] for start in range(0, len(given_bytes), size)]
    for source in (given_bytes, pieces):
        assert b"".join(part for part in opened(source) if isinstance(part, bytes)) == data


def test_several_members_and_padding_are_one_stream() -> None:
    packed = gzip.compress(NOISE[:500]) + gzip.compress(NOISE[500:]) + b"\0" * 700
    assert gunzip(packed) == (NOISE, ())


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\x1f\x8b",
        b"x" + gzip.compress(NOISE),
        gzip.compress(NOISE)[:-1],
        gzip.compress(NOISE)[:-4] + b"????",
        gzip.compress(NOISE)[:1000],
        gzip.compress(NOISE) + b"rest",
    ],
)
def test_damaged_gzip_gives_nothing(packed: bytes) -> None:
    plain, found = gunzip(packed, source="lot.gz")
    assert plain is None
    assert [(item.code.code, item.place.source) for item in found] == [("F011", "lot.gz")]


def test_a_bomb_is_left_early() -> None:
    bomb = gzip.compress(gzip.compress(b"\0" * 200_000_000, 9), 9)
    inner = gzip.decompress(bomb)
    limits = ReadingLimits(ratio_max=50, ratio_from_bytes=100_000)
    assert [item.code.code for item in gunzip(inner, limits)[1]] == ["F012"]
    given_bytes = sum(len(part) for part in opened(inner, limits) if isinstance(part, bytes))
    assert given_bytes < 5_000_000


def test_a_high_ratio_harms_nobody_while_small() -> None:
    assert gunzip(gzip.compress(b" " * 900_000)) == (b" " * 900_000, ())


@pytest.mark.parametrize("packed", [False, True])
def test_the_size_limit_holds_plain_or_packed(packed: bool) -> None:
    data = gzip.compress(NOISE) if packed else NOISE
    limits = ReadingLimits(size_bytes_max=50_000)
    parts = list(opened((data[start : start + 1000] for start in range(0, len(data), 1000)), limits, "big"))
    assert isinstance(parts[-1], Finding)
    assert (parts[-1].code.code, parts[-1].values["expected"]) == ("F013", "50000")
    assert sum(len(part) for part in parts if isinstance(part, bytes)) <= 50_000
    assert len(NOISE) <= DEFAULT_LIMITS.size_bytes_max


def test_a_finding_of_an_earlier_stage_ends_the_sequence() -> None:
    stop = finding("F011", Place("earlier"))
    assert list(opened([b"abc", stop, b"never"])) == [b"abc", stop]
    assert list(opened([stop])) == [stop]
    assert list(opened([b"a", stop])) == [b"a", stop]


def test_a_window_forgets_what_was_passed() -> None:
    held = []

    def chunks() -> Iterator[bytes | Finding]:
        yield from (b"%04d" % number for number in range(1000))

    window = Window(chunks())
    while True:
        window.fill(8)
        if not window.left:
            break
        held.append(len(window.buffer))
        window.at += min(8, window.left)
    assert max(held) <= 16
    assert window.offset == 4001
    assert window.ended


def test_a_window_skips_blanks_and_stops_where_its_input_does() -> None:
    window = Window(chunks_of([b"  ", b" \n", b"x"]))
    window.skip(b" \n", 2)
    assert window.buffer[window.at :] == b"x"
    assert list(window.after_the_end(b" \n", Place())) != []
    stop = finding("F012", Place(), expected=1)
    ended = Window(chunks_of([b"ab", stop]))
    ended.fill(100)
    assert ended.stopped is stop
    assert ended.left == 2
