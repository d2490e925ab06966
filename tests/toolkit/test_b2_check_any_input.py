"""`check` on anything: what is no B2 at all gets one line, what is generated sound gets none, the quick gate changes nothing."""

import gzip
import os
import tracemalloc
from collections.abc import Iterator
from random import Random
from threading import Thread

import pytest
from check_samples import cut, invoice, lot, whole
from hypothesis import given, settings
from hypothesis import strategies as st
from invoice_maker import whole_file

from vaguemestre.core.b2.reader import read_runs
from vaguemestre.core.b2.stream import Invoice, stream_file
from vaguemestre.core.bounded import ReadingLimits
from vaguemestre.core.findings import Finding, Level
from vaguemestre.toolkit.b2.checking import Checking, check_file
from vaguemestre.toolkit.b2.rowgate import RowGate
from vaguemestre.toolkit.report import CheckReport
from vaguemestre.toolkit.source import Source, sources

SOUND = whole(
    lot(
        [
            invoice(number=f"2211700{rank:02d}", changes={("*", 0): {"insured_nir": f"25804271234{rank:02d}"}})
            for rank in range(1, 4)
        ]
    )
)
NO_END = ReadingLimits(faults_max=1 << 60)
NOT_B2 = {
    "empty": (b"", "F001"),
    "blank lines": (b"\r\n" * 400, "F001"),
    "a text": (b"Madame, Monsieur,\nveuillez trouver ci-joint la facture.\n" * 60, "F004"),
    "a table": (b"date;code;amount\n2022-04-27;G;25.00\n" * 500, "F004"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"1 0 obj stream\n" * 3000, "F015"),
    "an archive": (b"PK\x03\x04" + bytes(range(256)) * 30, "F015"),
    "UTF-16": (SOUND.decode("ascii").encode("utf-16"), "F015"),
    "UTF-16 without a mark": (SOUND.decode("ascii").encode("utf-16-le"), "F015"),
    "NUL bytes": (b"\0" * 70_000, "F015"),
    "noise": (Random(1).randbytes(70_000), "F015"),
    "a return": (b"000CT00000000000751" + b" " * 109 + b"01006AMC00000001@" * 9, "F015"),
    "half a gzip": (gzip.compress(SOUND)[:80], "F011"),
}


@pytest.mark.parametrize("kind", NOT_B2)
def test_what_is_no_b2_at_all_is_said_in_one_line(kind: str) -> None:
    data, code = NOT_B2[kind]
    report = check_file(Source.of_bytes(data, "input"))
    assert not report.recognised
    assert not report.passes()
    (said,) = report.findings
    assert (said.code.code, said.place.source) == (code, "input")
    assert report.count(Level.ERROR) == 1
    assert (report.lots, report.invoices) == (0, 0)


def test_a_gzip_bomb_is_refused_and_never_held() -> None:
    bomb = gzip.compress(SOUND[: 128 * 8] + b" " * (80 << 20), 9)
    tracemalloc.start()
    report = check_file(Source.of_bytes(bomb, "bomb"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert {item.code.code for item in report.findings} & {"F008", "F012"}
    assert not report.passes()
    assert peak < 24 << 20


def test_a_pipe_is_read_as_it_comes(tmp_path: object) -> None:
    path = os.path.join(str(tmp_path), "pipe")
    os.mkfifo(path)

    def write() -> None:
        with open(path, "wb") as pipe:
            for start in range(0, len(SOUND), 77):
                pipe.write(SOUND[start : start + 77])

    writer = Thread(target=write)
    writer.start()
    (source,) = sources([path])
    assert isinstance(source, Source)
    report = check_file(source)
    writer.join()
    assert report.findings == ()
    assert report.invoices == 3


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), lots=st.integers(1, 3), separator=st.sampled_from([b"", b"\n", b"\r\n"]))
def test_any_sound_file_has_no_error(seed: int, lots: int, separator: bytes) -> None:
    """Every record of the norm, hospital ones too, in any legal order."""
    data = whole_file(Random(seed), lots, 3, lines=3)
    report = check_file(Source.of_bytes(separator.join(cut(data)) if separator else data))
    assert report.findings == ()
    assert (report.lots, report.invoices) == (lots, 3 * lots)


class _NoGate(RowGate):
    def takes(self, data: bytes, last_day: bytes) -> None:
        """Never anything."""


def run(data: bytes, gate: RowGate) -> CheckReport:
    checking = Checking("lot.b2", NO_END)
    checking.gate = gate
    for item in read_runs(data, NO_END, "lot.b2"):
        if isinstance(item, Finding):
            checking.fault(item)
        else:
            checking.run(*item)
    return checking.finish()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sound file in which a few bytes, records or places were changed."""
    random = Random(draw(st.integers(0, 10**6)))
    parts = cut(draw(st.sampled_from([SOUND, whole_file(random, 2, 4, lines=2)])))
    for _ in range(draw(st.integers(1, 3))):
        at, column = random.randrange(len(parts)), random.randrange(128)
        match random.choice(("byte", "byte", "byte", "again", "gone", "moved")):
            case "byte":
                new = bytes([random.choice(b"0123456789 AFGNSE")])
                parts[at] = parts[at][:column] + new + parts[at][column + 1 :]
            case "again":
                parts.insert(random.randrange(len(parts)), parts[at])
            case "gone":
                del parts[at]
            case "moved":
                parts.insert(random.randrange(len(parts)), parts.pop(at))
    return b"".join(parts)


@settings(max_examples=150, deadline=None)
@given(data=damaged())
def test_the_quick_gate_changes_no_report(data: bytes) -> None:
    """What it takes, the rules have nothing to say about; counts, sums and doubles stay right."""
    assert run(data, RowGate()) == run(data, _NoGate())


def test_the_quick_gate_takes_the_ordinary() -> None:
    taken = RowGate().takes(b"".join(invoice()), b"220427")
    assert taken == (2500, 1750, 0)


def long_file(lots: int, invoices: int) -> Iterator[bytes]:
    """One long file in pieces, made as it is read: always the same lot, the same invoice under many numbers."""
    header, head, *records = cut(SOUND)
    yield header
    for lot_rank in range(lots):
        yield head
        for rank in range(invoices):
            number = b"%09d" % (lot_rank * invoices + rank)
            yield b"".join(record.replace(b"221170001", number) for record in records[:6])
        yield records[-2]
    yield records[-1]


@pytest.mark.parametrize("lots", [1, 200])
def test_memory_stays_flat(lots: int) -> None:
    """Neither a lot nor a file is ever held: five thousand invoices, 4 MB of records, and many times that as values."""
    tracemalloc.start()
    count = sum(isinstance(event, Invoice) for event in stream_file(long_file(lots, 5000 // lots), NO_END))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 5000
    assert peak < 4 << 20
