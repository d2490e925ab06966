"""Records cut by the thousand are those that the reader cuts one by one, whatever is wrong with the file."""

import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vaguemestre.core.b2.reader import read_records
from vaguemestre.core.bounded import DEFAULT_LIMITS
from vaguemestre.core.findings import Finding
from vaguemestre.toolkit.b2.converting.framing import Frame, frames

sys.path.append(str(Path(__file__).parent))

from b2_made import records

PARTS = records()
MANY = [*PARTS[:2], *PARTS[2:8] * 40, PARTS[-2], PARTS[1], *PARTS[2:8] * 30, *PARTS[-2:]]
SEPARATORS = [b"", b"\n", b"\r\n"]


def one_by_one(data: bytes, size: int) -> tuple[list[object], list[object]]:
    def chunks() -> list[bytes | Finding]:
        return [data[start : start + size] for start in range(0, len(data), size)]

    cut: list[object] = []
    for item in frames(chunks(), DEFAULT_LIMITS, "f"):
        if isinstance(item, Frame):
            cut += [(item.first + rank, row.tobytes()) for rank, row in enumerate(item.rows)]
        else:
            cut.append(item)
    return cut, list(read_records(chunks(), DEFAULT_LIMITS, "f"))


def spoil(random: Random, data: bytearray, separator: bytes) -> None:
    at, stride = random.randrange(len(data)), 128 + len(separator)
    match random.randrange(8):
        case 0:
            del data[at : at + random.choice([1, 5, 128, 300])]
        case 1:
            data[at:at] = random.choice([b"\n", b"x", b"\r", b"\0", b"\x1a", b"1234" * 50])
        case 2:
            data[at] = random.randrange(256)
        case 3:
            data[at : at + 128] = bytes(random.randrange(32, 127) for _ in range(128))
        case 4:
            data[at:at] = random.choice(MANY)
        case 5:
            start = at // stride * stride
            data[start + 1 : start + 10] = b"751990110"
        case 6:
            start = at // stride * stride
            data[start:start] = b"1751990110" + b" " * 6 + b"0" * 112 + separator
        case _:
            del data[at:]


@pytest.mark.parametrize("separator", SEPARATORS)
@settings(max_examples=120, deadline=None)
@given(seed=st.integers(0, 1 << 32), faults=st.integers(0, 4), size=st.sampled_from([50, 700, 5000, 1 << 20]))
def test_many_at_a_time_is_one_by_one(separator: bytes, seed: int, faults: int, size: int) -> None:
    random = Random(seed)
    data = bytearray(separator.join(MANY) + random.choice([separator, b""]))
    for _ in range(faults):
        if data:
            spoil(random, data, separator)
    cut, expected = one_by_one(bytes(data), size)
    assert cut == expected


@pytest.mark.parametrize("separator", SEPARATORS)
def test_a_regular_file_takes_the_short_way(separator: bytes) -> None:
    found = list(frames([separator.join(MANY)], DEFAULT_LIMITS))
    assert len(found) == 2  # the regular rows, and the end
    assert isinstance(found[0], Frame)
    assert len(found[0].rows) >= len(MANY) - 3


@pytest.mark.parametrize("data", [b"", b"hello", b"\x00" * 5000, b"000", PARTS[0], PARTS[0] + PARTS[-1], b"\n" * 999])
def test_what_is_hardly_a_file_is_judged_alike(data: bytes) -> None:
    cut, expected = one_by_one(data, 100)
    assert cut == expected
    assert cut
