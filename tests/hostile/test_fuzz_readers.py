"""Every reader of a wire format, fed with spoiled inputs: it ends, says what is wrong in bounded numbers, and never raises.

The number of mutants is fixed, not the time: the same ones each run, then Hypothesis's own.
"""

import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import fuzz_kit as kit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seal_kit
from sheet_kit import GP, GP_NUMBER, NURSE
from vaguemestre.core.b2.files import parse_file, parse_invoice
from vaguemestre.core.b2.reader import read_records, read_runs
from vaguemestre.core.b2.stream import stream_file
from vaguemestre.core.bounded import ReadingLimits, gunzip, opened
from vaguemestre.core.directory.bundle import decode_bundle
from vaguemestre.core.entry.drafts import EntryDefaults, EntryFormat, read_entry
from vaguemestre.core.findings import Finding
from vaguemestre.core.mail.bounce import message_id_of, read_bounce
from vaguemestre.core.mail.delivery import DeliveryOutcome, Pop3Stage, SmtpStage, classify_pop3, classify_smtp
from vaguemestre.core.noemie.codec import read_entities
from vaguemestre.core.noemie.cutting import Cut, Cutter, Lost
from vaguemestre.core.noemie.reading import decode_return
from vaguemestre.core.seal.filecontent import unwrap_content
from vaguemestre.core.seal.forwardmessage import split_forward
from vaguemestre.core.seal.lotmessage import split_answer, split_lot
from vaguemestre.core.seal.sheetsigning import decode_header, decode_signature_table
from vaguemestre.core.wire.acknowledgement import decode_acknowledgement
from vaguemestre.edge.seal.cardfile import CardFileReader
from vaguemestre.edge.seal.keys import load_certificates
from vaguemestre.toolkit.b2.anonymising import AnonymiseTally, anonymise
from vaguemestre.toolkit.b2.checking import check_file as check_lot
from vaguemestre.toolkit.b2.converting.json_reading import records_in_json
from vaguemestre.toolkit.b2.converting.json_writing import document
from vaguemestre.toolkit.b2.showing import show as show_lot
from vaguemestre.toolkit.converting.tally import Tally
from vaguemestre.toolkit.kinds import kind_of
from vaguemestre.toolkit.noemie import entity_json
from vaguemestre.toolkit.noemie.checking import check_file as check_return
from vaguemestre.toolkit.noemie.reading import recognised_entities
from vaguemestre.toolkit.noemie.showing import show as show_return
from vaguemestre.toolkit.rendering import ShowOptions
from vaguemestre.toolkit.rendering import Tally as ShowTally
from vaguemestre.toolkit.source import CHUNK_BYTES, Source

LIMITS = ReadingLimits(size_bytes_max=4 << 20, lost_bytes_max=4096, faults_max=50)
DEFAULTS = EntryDefaults(GP_NUMBER, (GP, NURSE))
MUTANTS, HYPOTHESIS = 500, 80
PEAK_BYTES_MAX = 24 << 20
"""Above what each reader holds anyway: a mutant is smaller than a megabyte."""

Read = Callable[[bytes], Iterable[object]]


@dataclass(frozen=True)
class Reader:
    """One reader: its sound inputs, and how it is called; what it gives may hold findings, `findings_max` at most."""

    seeds: Callable[[], list[bytes]]
    read: Read
    findings_max: int = 500


def _source(data: bytes) -> Source:
    return Source.of_bytes(data, "fuzz", LIMITS)


def _plain(data: bytes) -> Iterator[object]:
    for item in _source(data).chunks():
        assert isinstance(item, Finding) or 0 < len(item) <= CHUNK_BYTES
        yield item


def _json_of(seeds: Callable[[], list[bytes]]) -> Callable[[], list[bytes]]:
    def written() -> list[bytes]:
        return [b"".join(document(read_records(data), Tally("", LIMITS))) for data in seeds()[:3]]

    return written


def _json_of_returns() -> list[bytes]:
    items = [recognised_entities(_source(data), [data]) for data in kit.returns()[:2]]
    entities = [[item for item in each if not isinstance(item, Finding)] for each in items]
    return [b"".join(entity_json.document(each)) for each in entities] + [b"".join(entity_json.lines(entities[0]))]


def _anonymous(data: bytes) -> Iterator[object]:
    yield from anonymise(_source(data), b"k" * 32, AnonymiseTally())


READERS: dict[str, Reader] = {
    "b2 records": Reader(kit.lots, lambda data: read_records(data, LIMITS)),
    "b2 runs": Reader(kit.lots, lambda data: read_runs(data, LIMITS)),
    "b2 stream": Reader(
        kit.lots, lambda data: [found for event in stream_file(data, LIMITS) for found in event.findings], 2000
    ),
    "b2 file": Reader(kit.lots, lambda data: parse_file(data, LIMITS)[1], 2000),
    "b2 invoice": Reader(kit.lots, lambda data: parse_invoice(data[258:])[1], 2000),
    "b2 check": Reader(kit.lots, lambda data: check_lot(_source(data), shown_max=10).findings, 10 * 80),
    "b2 show": Reader(kit.lots, lambda data: show_lot(_source(data), ShowOptions(width=80), ShowTally())),
    "b2 anonymise": Reader(kit.lots, _anonymous),
    "b2 from json": Reader(_json_of(kit.lots), lambda data: records_in_json([data], LIMITS)),
    "noemie entities": Reader(kit.returns, lambda data: read_entities(data, LIMITS), 2000),
    "noemie return": Reader(kit.returns, lambda data: decode_return(data, LIMITS)[1], 2000),
    "noemie check": Reader(kit.returns, lambda data: check_return(_source(data), shown_max=10).findings, 10 * 40),
    "noemie show": Reader(kit.returns, lambda data: show_return(_source(data), ShowOptions(width=80), ShowTally())),
    "noemie from json": Reader(_json_of_returns, lambda data: entity_json.entities_in_json([data], LIMITS)),
    "arl": Reader(kit.acknowledgements, lambda data: decode_acknowledgement(data)[1]),
    "message": Reader(kit.messages, _plain, 1),
    "gzip": Reader(kit.packed, lambda data: [*opened(data, LIMITS), *gunzip(data, LIMITS)[1]], 2),
    "entry csv": Reader(
        kit.entries,
        lambda data: [f for one in read_entry([data], EntryFormat.CSV, DEFAULTS) for f in one.findings],
        5000,
    ),
    "entry json": Reader(
        kit.entries_json,
        lambda data: [f for one in read_entry([data], EntryFormat.JSON, DEFAULTS) for f in one.findings],
        5000,
    ),
    "signed content": Reader(
        kit.contents,
        lambda data: [*split_lot(data)[1], *split_answer(data)[1], *split_forward(data)[1], *unwrap_content(data)[1]],
    ),
    "signatures": Reader(kit.contents, lambda data: [*decode_signature_table(data)[1], *decode_header(data)[1]]),
    "sealed message": Reader(
        kit.sealed,
        lambda data: (
            seal_kit.opener().open(data, received_at=seal_kit.after(hours=1), roles=seal_kit.PROFESSIONAL).findings
        ),
    ),
    "bundle": Reader(kit.bundles, lambda data: decode_bundle(data)[1]),
    "certificate": Reader(kit.certificates, lambda data: [seal_kit.trust_store().read(data), *load_certificates(data)]),
    "bounce": Reader(kit.bounces, lambda data: [read_bounce(data), message_id_of(data)]),
    "kind": Reader(kit.lots, lambda data: [kind_of(data[:512])]),
}


def judged(reader: Reader, data: bytes) -> list[Finding]:
    """Read it to the end; every finding can be told in both languages, and there are not too many."""
    found = [item for item in reader.read(data) if isinstance(item, Finding)]
    assert len(found) <= reader.findings_max
    assert all(item.message("fr") and item.message("en") and item.next_step("fr") for item in found[:20])
    return found


@pytest.mark.parametrize("name", READERS)
def test_spoiled_inputs_are_borne(name: str) -> None:
    reader = READERS[name]
    for data in kit.mutants(reader.seeds(), MUTANTS):
        judged(reader, data)


@pytest.mark.parametrize("name", READERS)
def test_memory_is_bounded(name: str) -> None:
    reader = READERS[name]
    spoilt = list(kit.mutants(reader.seeds(), 10))
    judged(reader, spoilt[0])  # what is loaded once is not counted
    tracemalloc.start()
    for data in spoilt:
        judged(reader, data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < PEAK_BYTES_MAX


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
@settings(max_examples=HYPOTHESIS)
def test_anything_is_borne(name: str, data: st.DataObject) -> None:
    reader = READERS[name]
    seed = data.draw(st.sampled_from(reader.seeds()))
    at, size = data.draw(st.integers(0, len(seed))), data.draw(st.integers(0, 300))
    judged(reader, seed[:at] + data.draw(st.binary(max_size=200)) + seed[at + size :])


def test_card_files_are_borne(tmp_path: Path) -> None:
    reader = CardFileReader(seal_kit.trust_store())
    path = tmp_path / "rose.card"
    believed = 0
    for data in kit.mutants(kit.cards(), MUTANTS):
        path.write_bytes(data)
        card, _, found = reader.read(str(path))
        believed += card is not None
        assert card is not None or found
    assert believed >= 1


@given(st.integers(-1, 999), st.text(max_size=120), st.sampled_from(SmtpStage), st.sampled_from(Pop3Stage))
@settings(max_examples=200)
def test_any_reply_means_something(code: int, text: str, stage: SmtpStage, step: Pop3Stage) -> None:
    assert classify_smtp(stage, code, text) in DeliveryOutcome
    assert classify_pop3(step, f"-ERR {text}") in DeliveryOutcome
    assert classify_pop3(step, text) in DeliveryOutcome


# --- every byte is spoken of -------------------------------------------------------------------------------------------

_BLANKS = b"\r\n\x1a"


def test_every_byte_of_a_lot_is_a_record_s_or_lost() -> None:
    """Records, the bytes that findings say were lost, ends of lines and a mark make the input, unless reading was given up."""
    whole = 0
    for data in kit.mutants(kit.lots(), 300):
        items = list(read_records(data, ReadingLimits(faults_max=10_000)))
        codes = {item.code.code for item in items if isinstance(item, Finding)}
        records = [item[1] for item in items if not isinstance(item, Finding)]
        if not records or codes & {"F001", "F002", "F004", "F008", "F009", "F010", "F011", "F012", "F013"}:
            continue
        lost = sum(
            int(item.values["found"])
            for item in items
            if isinstance(item, Finding) and item.code.code in ("F005", "F006", "F007")
        )
        blanks = sum(data.count(byte) for byte in _BLANKS) + (3 if "F003" in codes else 0)
        taken = 128 * len(records) + lost
        assert taken <= len(data) <= taken + blanks
        at = 0
        for record in records:
            at = data.index(record, at) + 128
        whole += not lost
    assert whole > 20


def test_every_byte_of_a_return_is_an_entity_s_or_lost() -> None:
    whole = 0
    for data in kit.mutants(kit.returns(), 300):
        cutter = Cutter(iter((data,)), ReadingLimits(faults_max=10_000))
        at = 1
        lost = 0
        for item in cutter.cut():
            if isinstance(item, Finding):
                continue
            assert data[at - 1 : item.offset - 1].strip(b" \r\n\x1a") == b""
            lost += isinstance(item, Lost)
            at = item.offset + (len(item.data) if isinstance(item, Cut) else item.size)
        assert data[at - 1 : cutter.offset - 1].strip(b" \r\n\x1a") == b""
        whole += not lost
    assert whole > 20
