"""Cutting a stranger's bytes into records: separators, chunks, gzip, damage, and nothing ever held beyond the limits."""

import gzip
import random
from collections.abc import Iterator

import pytest
from b2_samples import invoice, records
from hypothesis import given, settings
from hypothesis import strategies as st

from sheet_kit import codes
from vaguemestre.core.b2.reader import read_records
from vaguemestre.core.bounded import ReadingLimits
from vaguemestre.core.findings import Finding

SOUND = records([invoice(f"22117{serial:04d}") for serial in range(1, 21)])
SEPARATORS = [b"", b"\n", b"\r\n"]


def read(data: bytes | Iterator[bytes], limits: ReadingLimits | None = None) -> tuple[list[bytes], list[Finding]]:
    cut, found = [], []
    for item in read_records(data, limits or ReadingLimits()):
        if isinstance(item, Finding):
            found.append(item)
        else:
            cut.append(item[1])
    return cut, found


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("size", [1, 7, 128, 129, 4096])
def test_any_separator_and_any_chunk(separator: bytes, size: int) -> None:
    whole = separator.join(SOUND) + separator
    assert read(whole) == (SOUND, [])
    assert read(whole[start : start + size] for start in range(0, len(whole), size)) == (SOUND, [])


def test_numbers_are_ranks_in_the_file() -> None:
    assert [item[0] for item in read_records(b"".join(SOUND)) if not isinstance(item, Finding)] == list(
        range(1, len(SOUND) + 1)
    )


def test_gzip_is_opened_whole_or_in_pieces() -> None:
    packed = gzip.compress(b"".join(SOUND))
    assert read(packed) == (SOUND, [])
    assert read(bytes([byte]) for byte in packed) == (SOUND, [])
    assert read(packed + gzip.compress(b"")) == (SOUND, [])


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("rank", [2, 3, 9, 100])
@pytest.mark.parametrize("kept", [20, 60, 127])
def test_a_truncated_record_is_one_finding_and_the_rest_is_read(separator: bytes, rank: int, kept: int) -> None:
    spoilt = [*SOUND[: rank - 1], SOUND[rank - 1][:kept], *SOUND[rank:]]
    cut, found = read(separator.join(spoilt))
    assert cut == SOUND[: rank - 1] + SOUND[rank:]
    assert codes(found) == ["F005"]
    assert found[0].place.record == rank
    assert found[0].values == {"found": str(kept), "expected": "128"}


@pytest.mark.parametrize("separator", [b"\n", b"\r\n"])
@pytest.mark.parametrize("extra", [1, 80, 100_000])
def test_a_line_too_long_is_one_finding_and_the_rest_is_read(separator: bytes, extra: int) -> None:
    spoilt = [*SOUND[:8], SOUND[8] + b"X" * extra, *SOUND[9:]]
    cut, found = read(separator.join(spoilt), ReadingLimits(lost_bytes_max=200_000))
    assert cut == SOUND[:8] + SOUND[9:]
    assert codes(found) == ["F006" if extra < 128 else "F007"]
    assert found[0].place.record == 9


def test_bytes_between_two_records_are_passed_over() -> None:
    cut, found = read(b"".join([*SOUND[:8], b"?" * 300, *SOUND[8:]]))
    assert cut == SOUND
    assert codes(found) == ["F007"]
    assert found[0].values == {"found": "300", "offset": str(8 * 128 + 1)}


@settings(max_examples=60)
@given(
    separator=st.sampled_from(SEPARATORS),
    rank=st.integers(2, len(SOUND) - 2),
    kind=st.sampled_from(["cut", "stuffed", "noise", "one byte"]),
    seed=st.integers(0, 10**6),
)
def test_one_damage_never_takes_another_record_with_it(separator: bytes, rank: int, kind: str, seed: int) -> None:
    draw = random.Random(seed)
    noise = bytes(draw.choice(b"ABCDE 0123456789@#z") for _ in range(draw.randrange(1, 400)))
    whole = SOUND[rank]
    first, last = sorted((draw.randrange(128), draw.randrange(1, 129)))
    damaged = {
        "cut": whole[:first] + whole[last:],
        "stuffed": whole[:first] + noise + whole[first:],
        "noise": noise,
        "one byte": whole[:first] + b"#" + whole[first + 1 :],
    }[kind]
    cut, _ = read(separator.join([*SOUND[:rank], damaged, *SOUND[rank + 1 :]]) + separator)
    others = SOUND[:rank] + SOUND[rank + 1 :]
    assert [record for record in cut if record in others] == others


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "F001"),
        (b"\r\n\r\n", "F001"),
        ("000TP".encode("utf-16"), "F002"),
        ("000TP".encode("utf-16-le") * 10, "F002"),
        (b"\0" * 1000, "F002"),
        (b"\xf0\xf0\xf0\xe3\xd7" * 40, "F002"),
        (b"%PDF-1.7\n" + b"stream\n" * 5000, "F004"),
        (b"date,code,amount\n2022-04-27,G,25.00\n" * 500, "F004"),
        (b"{" + b'"a": 1, ' * 20_000 + b"}", "F004"),
        (b"x" * 128, "F004"),
        (b"\x1f\x8bnot gzip at all", "F011"),
        (gzip.compress(b"".join(SOUND))[:-12] + b"????????????", "F011"),
    ],
)
def test_what_is_no_b2_file_gets_one_clear_finding(data: bytes, code: str) -> None:
    cut, found = read(data)
    if not cut:
        assert codes(found) == [code]
    assert codes(found)[-1] == code


def test_a_byte_order_mark_is_skipped_with_a_warning() -> None:
    cut, found = read(b"\xef\xbb\xbf" + b"\r\n".join(SOUND))
    assert cut == SOUND
    assert codes(found) == ["F003"]


def test_a_file_cut_in_its_first_record_is_said_cut() -> None:
    assert codes(read(SOUND[0][:60])[1]) == ["F005"]


def test_a_two_gigabyte_line_is_left_after_its_first_bytes() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield b"".join(SOUND[:5])
        for _ in range(2 * 1024 * 1024 // 4):
            taken += 4096
            yield b"9" * 4096

    cut, found = read(endless(), ReadingLimits(lost_bytes_max=65_536))
    assert cut == SOUND[:5]
    assert codes(found) == ["F008"]
    assert taken < 200_000


def test_an_endless_file_is_left_at_the_size_limit() -> None:
    def endless() -> Iterator[bytes]:
        yield b"".join(SOUND[:2])
        while True:
            yield b"".join(SOUND[2:8]) * 100

    cut, found = read(endless(), ReadingLimits(size_bytes_max=1_000_000))
    assert codes(found)[-1] == "F013"
    assert 900_000 < len(cut) * 128 <= 1_000_000


@pytest.mark.parametrize("data", [b"\0" * 50_000_000, b"".join(SOUND[:8]) * 40_000])
def test_a_bomb_is_left_before_it_expands(data: bytes) -> None:
    limits = ReadingLimits(ratio_max=100, ratio_from_bytes=65_536)
    cut, found = read(gzip.compress(data, 9), limits)
    assert codes(found)[-1] in ("F012", "F002")
    assert len(cut) * 128 < 5_000_000


def test_blank_lines_without_end_are_left_at_the_size_limit() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"\n" * 65_536

    assert codes(read(endless(), ReadingLimits(size_bytes_max=3_000_000))[1]) == ["F001"]


def test_too_many_faults_end_the_reading() -> None:
    lines = [SOUND[0], *[b"too short"] * 50]
    _, found = read(b"\n".join(lines), ReadingLimits(faults_max=10))
    assert codes(found) == ["F005"] * 10 + ["F009"]


@pytest.mark.parametrize("tail", [b"", b"\n", b"\r\n\x1a", b"\n" * 500])
def test_blank_bytes_after_the_end_say_nothing(tail: bytes) -> None:
    assert read(b"\n".join(SOUND) + tail) == (SOUND, [])


def test_bytes_after_the_end_are_said() -> None:
    cut, found = read(b"".join(SOUND) + b"".join(SOUND))
    assert cut == SOUND
    assert codes(found) == ["F010"]
    assert found[0].place.record == len(SOUND) + 1
