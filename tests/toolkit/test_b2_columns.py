"""By columns and record by record: the same report of every input; what the gate clears has no finding, sound files are cleared."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vaguemestre.bench.b2_files import b2_file
from vaguemestre.core.b2.checks import INVOICE_CHECKS
from vaguemestre.core.b2.codec import B2_RECORDS
from vaguemestre.core.b2.reader import read_runs
from vaguemestre.core.findings import Finding
from vaguemestre.core.identifiers import make_anonymous_nir, make_nir, make_number, make_rpps, nir_is_valid
from vaguemestre.core.wire.layouts import B2
from vaguemestre.tables.b2_order import INVOICE_RECORDS
from vaguemestre.toolkit.b2 import checking as checking_module
from vaguemestre.toolkit.b2.checking import Checking, check_file
from vaguemestre.toolkit.b2.columns import gate as gate_module
from vaguemestre.toolkit.b2.columns.batch import Batch, Tables
from vaguemestre.toolkit.b2.columns.gate import Gate
from vaguemestre.toolkit.b2.columns.keys import luhn_is_right, nir_is_right
from vaguemestre.toolkit.b2.columns.plan import START, TYPES
from vaguemestre.toolkit.b2.columns.seen import SeenMany
from vaguemestre.toolkit.b2.columns.twinned import TWINS, WANTED
from vaguemestre.toolkit.b2.rules import TOOLKIT_INVOICE_CHECKS
from vaguemestre.toolkit.report import CheckReport
from vaguemestre.toolkit.source import TOOLKIT_LIMITS, Source

sys.path.append(str(Path(__file__).parent))
from invoice_maker import DAY, PROVIDER, Maker, invoice, lot, whole_file

SEEDS = st.integers(0, 1 << 32)
EVERY = 1 << 40


def report(data: bytes, columns: bool, chunk: int = 1 << 20) -> CheckReport:
    """Everything, not only the first findings of each code."""
    checking = Checking("file.b2", TOOLKIT_LIMITS, EVERY, columns=columns)
    pieces: Iterator[bytes | Finding] = (data[at : at + chunk] for at in range(0, len(data), chunk))
    for item in read_runs(pieces, TOOLKIT_LIMITS, "file.b2"):
        if isinstance(item, Finding):
            checking.fault(item)
        else:
            checking.run(*item)
    return checking.finish()


def cleared(data: bytes) -> int:
    """Invoices that the gate finds nothing against."""
    runs = [item for item in read_runs(data) if not isinstance(item, Finding)]
    return sum(len(one.firsts) for _, run in runs for one in Gate().cleared(run))


def agree(data: bytes, chunk: int = 1 << 20) -> CheckReport:
    by_rows, by_columns = report(data, columns=False, chunk=chunk), report(data, columns=True, chunk=chunk)
    assert by_columns == by_rows
    return by_rows


def test_every_check_has_its_twin() -> None:
    assert set(TWINS) == {*INVOICE_CHECKS, *TOOLKIT_INVOICE_CHECKS}


# --- sound files are cleared


@given(SEEDS)
@settings(max_examples=15)
def test_sound_files_of_every_record_are_cleared(seed: int) -> None:
    data = whole_file(Random(seed), 2, 12, lines=4)
    assert agree(data).findings == ()
    assert cleared(data) == 24


def test_the_maker_makes_every_record() -> None:
    data = whole_file(Random(1), 1, 60, lines=5)
    plans = [B2_RECORDS.recognise(data[at : at + 128]) for at in range(0, len(data), 128)]
    assert {plan.name for plan in plans if plan is not None} == set(B2)


@pytest.mark.parametrize("batch", [7, 64, 1000])
def test_bench_sheets_are_cleared_whatever_the_batch(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "BATCH_RECORDS", batch)
    data = b2_file(120)
    assert cleared(data) == 120
    assert agree(data).invoices == 120


# --- damaged ones are told of as before

SPOILS = (b"0", b" ", b"9", b"A", b"@", b"a", b"\xe9", b"1")


def spoiled(random: Random, record: bytes, start: int, length: int) -> Iterator[bytes]:
    """A record with one field otherwise: full of one character, or one byte of it changed."""
    for filler in SPOILS:
        yield record[:start] + filler * length + record[start + length :]
    at = start + random.randrange(length)
    for byte in (random.choice(b"0123456789"), record[at] ^ 1, random.choice(b" AZ5")):
        yield record[:at] + bytes([byte]) + record[at + 1 :]


def mutants(random: Random, name: str) -> list[bytes]:
    """Invoices in each of which one field of a record of this type is damaged."""
    found = []
    while not found:
        records = invoice(random, f"{random.randrange(1, 10**9):09d}", lines=3)
        ranks = [rank for rank, one in enumerate(records) if B2_RECORDS.recognise(one).name == name]  # type: ignore[union-attr]
        if not ranks:
            continue
        rank = random.choice(ranks)
        for entry in B2[name].fields:
            damages = spoiled(random, records[rank], entry.position - 1, entry.length)
            found += [b"".join([*records[:rank], damaged, *records[rank + 1 :]]) for damaged in damages]
    return found


@pytest.mark.parametrize("name", INVOICE_RECORDS)
def test_one_damaged_field_is_told_of_as_before(name: str) -> None:
    """Each invoice stands among sound ones, so that the gate has neighbours to pass by."""
    random = Random(name)
    sound = whole_file(random, 1, 3, lines=2)
    head, tail = sound[:256], sound[-256:]
    body = []
    for rank, mutant in enumerate(mutants(random, name)):
        body.append(mutant)
        if rank % 3 == 0:
            body.append(b"".join(invoice(random, f"9{rank:08d}", 1)))
    data = head + b"".join(body) + tail
    said = agree(data)
    assert said.count(next(iter(said.totals))) > 20


@given(SEEDS, st.sampled_from([b"", b"\n", b"\r\n"]), st.integers(100, 9000))
@settings(max_examples=40)
def test_any_damage_is_told_of_as_before(seed: int, end: bytes, chunk: int) -> None:
    random = Random(seed)
    data = whole_file(random, 2, 12, lines=2)
    pieces = [data[at : at + 128] for at in range(0, len(data), 128)]
    for _ in range(random.randrange(6)):
        at = random.randrange(len(pieces))
        kind = random.randrange(7)
        if kind == 0:
            del pieces[at]
        elif kind == 1:
            pieces.insert(at, random.choice(pieces))
        elif kind == 2:
            pieces[at] = pieces[at][: random.randrange(128)]
        elif kind == 3:
            other = random.randrange(len(pieces))
            pieces[at], pieces[other] = pieces[other], pieces[at]
        elif kind == 4:
            where = random.randrange(max(1, len(pieces[at])))
            pieces[at] = pieces[at][:where] + bytes([random.randrange(256)]) + pieces[at][where + 1 :]
        elif kind == 5:
            pieces[at] = pieces[at].replace(PROVIDER.encode(), make_number("13000001").encode())
        else:
            pieces.insert(at, bytes(random.randrange(32, 127) for _ in range(random.randrange(300))))
    agree(end.join(pieces) + end, chunk)


@given(SEEDS)
@settings(max_examples=15)
def test_doubles_are_told_of_as_before(seed: int) -> None:
    """The same number in a lot and in another, the same content under another number, all among sound invoices."""
    random = Random(seed)
    own = [invoice(random, f"{rank:09d}", random.randint(1, 2)) for rank in range(1, 30)]
    for _ in range(4):
        twice = random.choice(own)
        number = twice[0][29:38]
        other = random.choice([number, b"%09d" % random.randrange(1000, 2000)])
        own.insert(random.randrange(len(own)), [record.replace(number, other) for record in twice])
    sound = whole_file(random, 1, 1)
    first, second = b"".join(b"".join(one) for one in own[:16]), b"".join(b"".join(one) for one in own[16:])
    two = lot(random, 2, 1)
    data = sound[:256] + first + sound[-256:-128] + two[:128] + second + two[-128:] + sound[-128:]
    codes = {item.code.code for item in agree(data).findings}
    assert codes & {"B027", "B130", "B131"}


def test_days_of_the_file_and_of_the_lot_count() -> None:
    data = bytearray(whole_file(Random(5), 2, 10))
    entry = B2["1"].by_name["lot_date"]
    data[128 + entry.position - 1 :][: entry.length] = b""
    data[128 + entry.where.start : 128 + entry.where.stop] = b"220415"
    assert {item.code.code for item in agree(bytes(data)).findings} == {"B113"}


LINE: dict[str, Any] = {
    "act_code": "G", "quantity": 1, "coefficient": Decimal(1), "unit_price": 1000, "reimbursement_base": 1000,
    "reimbursement_rate": 70, "amount_payable_by_fund": 700, "fee_total": 1000, "amount_payable_by_complementary": 300,
    "charge_qualifier": "", "copay_exemption_code": "0", "care_date": DAY, "prescriber_number": PROVIDER,
    "performer_number": PROVIDER,
}  # fmt: skip
Part = tuple[str, dict[str, Any]]
PLAIN: list[Part] = [("2", {}), ("2S", {"care_pathway_indicator": "T"}), ("4", LINE), ("4S", {}), ("5", {})]
YESTERDAY = DAY - timedelta(days=1)


def line(**changes: Any) -> list[Part]:
    return [PLAIN[0], PLAIN[1], ("4", {**LINE, **changes}), *PLAIN[3:]]


NO_MODIFIER = {**{f"modifier_{rank}": "" for rank in range(1, 5)}, "practice_cost_supplement": ""}
COHERENT: dict[str, tuple[str, list[Part]]] = {
    "a complement before its turn": ("B020", [*PLAIN[:3], ("4E", {}), ("4S", {}), PLAIN[4]]),
    "shares beyond the charge": ("B123", line(amount_payable_by_complementary=301)),
    "a free act that is paid": ("B124", line(charge_qualifier="G", amount_payable_by_complementary=0)),
    "an unpaid act with a base": (
        "B124", line(charge_qualifier="N", amount_payable_by_fund=0, reimbursement_rate=0, amount_payable_by_complementary=0)
    ),
    "an exemption without full rate": ("B125", line(copay_exemption_code="4")),
    "maternity without full rate": ("B126", [("2", {"insurance_nature": "30"}), *PLAIN[1:]]),
    "a share that travels apart": ("B138", [("2", {"split_flag": "F"}), *PLAIN[1:]]),
    "nothing to complete": ("B136", line(act_code="MAR")),
    "two days": ("B115", [*PLAIN[:4], ("4", {**LINE, "care_date": YESTERDAY}), ("4S", {}), PLAIN[4]]),
    "sessions backwards": (
        "B133", [*PLAIN[:4], ("4M", {"session_date": DAY}), ("4M", {"session_date": YESTERDAY}), PLAIN[4]]
    ),
    "care before birth": ("B114", [("2", {"birth_date": "220427"}), PLAIN[1], *line(care_date=YESTERDAY)[2:]]),
    "care after the file": ("B113", line(care_date=DAY + timedelta(days=1))),
    "a session after the file": ("B113", [*PLAIN[:4], ("4M", {"session_date": DAY + timedelta(days=1)}), PLAIN[4]]),
    "an analysis after the file": ("B113", [*PLAIN[:4], ("4B", {"act3_date": DAY + timedelta(days=1)}), PLAIN[4]]),
    "a price that makes no base": ("B120", line(unit_price=999)),
    "half of a CCAM act": ("B139", [*PLAIN[:4], ("4M", {**NO_MODIFIER, "association_code": "2"}), PLAIN[4]]),
    "a base that makes no share": ("B122", line(amount_payable_by_fund=701, amount_payable_by_complementary=299)),
}  # fmt: skip
"""What is wrong -> the code that says so and the records: all else agrees, the totals too."""


def coherent(parts: list[Part], number: str = "000000077") -> bytes:
    maker = Maker(Random(3), number)
    maker.day = YESTERDAY
    for name, changes in parts:
        maker.add(name, **changes)
    return b"".join(maker.records)


@pytest.mark.parametrize("wrong", COHERENT)
def test_what_only_one_rule_sees_is_left_to_it(wrong: str) -> None:
    code, parts = COHERENT[wrong]
    sound = whole_file(Random(4), 1, 2)
    data = sound[:256] + coherent(parts) + coherent(PLAIN, "000000078") + sound[256:]
    said = {item.code.code for item in agree(data).findings if item.place.record in range(3, 3 + len(parts))}
    assert said == {code}


def test_no_twin_is_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any one of the twins, the gate clears some invoice that it should not."""
    random = Random(7)
    corpus = [mutant for name in INVOICE_RECORDS for _ in range(2) for mutant in mutants(random, name)]
    data = b"".join([*corpus, *(coherent(parts) for _, parts in COHERENT.values())])

    def firsts() -> set[int]:
        return {first for one in Gate().cleared(data) for first in one.firsts.tolist()}

    all_of_them, order = firsts(), gate_module.ORDER
    idle = set()
    for twin in order:
        monkeypatch.setattr(gate_module, "ORDER", tuple(one for one in order if one is not twin))
        if firsts() <= all_of_them:
            idle.add(twin.__name__)
    assert idle == {"judged_with_the_other", "left_to_the_file"}  # they stand for what is judged elsewhere


# --- keys


def _nir_rows(pairs: list[tuple[str, str]]) -> Batch:
    tables = Tables({**WANTED, "2": (*WANTED["2"], "insured_nir_key")})
    record = invoice(Random(1), "000000001")[0]
    where, key = B2["2"].by_name["insured_nir"].where, B2["2"].by_name["insured_nir_key"].where
    rows = []
    for nir, nir_key in pairs:
        row = bytearray(record)
        row[where], row[key] = nir.encode(), nir_key.encode()
        rows.append(bytes(row))
    return Batch(tables, b"".join(rows))


@given(SEEDS)
@settings(max_examples=25)
def test_the_key_of_a_nir_is_judged_as_by_arithmetic(seed: int) -> None:
    random = Random(seed)
    pairs = [make_anonymous_nir(1, "751")]
    for _ in range(40):
        nir, key = make_nir(random.randint(1, 8), random.randrange(100), 3, random.choice(("75", "2A", "2B")), 7, 8)
        kind = random.randrange(5)
        if kind == 0:
            key = f"{random.randrange(100):02d}"
        elif kind == 1:
            at = random.randrange(13)
            nir = nir[:at] + random.choice("0123456789AB ") + nir[at + 1 :]
        pairs.append((nir, key))
    batch = _nir_rows(pairs)
    where = B2["2"].by_name["insured_nir"].where
    right = nir_is_right(batch, START, where.start, batch.number(START, "insured_nir_key"))
    assert right.tolist() == [nir_is_valid(nir, key) for nir, key in pairs]


@given(st.lists(st.integers(0, 10**9 - 1), min_size=1))
def test_control_keys_are_those_of_the_arithmetic(bodies: list[int]) -> None:
    numbers = np.array([int(make_number(f"{body % 10**8:08d}")) for body in bodies])
    rpps = np.array([int(make_rpps(body)) for body in bodies])
    assert luhn_is_right(numbers % 10**8, numbers // 10**8).all()
    assert luhn_is_right(rpps % 10**8, rpps // 10**8).all()
    wrong = numbers - numbers % 10 + (numbers + 1) % 10
    assert not luhn_is_right(wrong % 10**8, wrong // 10**8).any()


# --- memory


@given(st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=30), max_size=12), st.integers(1, 20))
def test_what_was_met_is_met_again(groups: list[list[int]], new_max: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vaguemestre.toolkit.b2.columns.seen._NEW_MAX", new_max)
        seen, known, rank = SeenMany(), dict[int, int](), 0
        for group in groups:
            ranks = np.arange(rank + 1, rank + 1 + len(group))
            rank += len(group)
            expected = [known.setdefault(key, at) == at for key, at in zip(group, ranks.tolist(), strict=True)]
            if rank % 2:
                assert seen.fresh(np.array(group, np.int64), ranks).tolist() == expected
            else:
                found = [seen.first(key, at) for key, at in zip(group, ranks.tolist(), strict=True)]
                assert [one is None for one in found] == expected
        for key, at in known.items():
            assert seen.first(key, rank + 1) == at


# --- which way is taken


def test_a_short_input_never_loads_numpy(tmp_path: Path) -> None:
    path = tmp_path / "short.b2"
    path.write_bytes(whole_file(Random(1), 1, 20))
    script = (
        "import sys; from vaguemestre.toolkit.b2.checking import check_file; from vaguemestre.toolkit.source import sources;"
        f"report = check_file(next(iter(sources([{str(path)!r}]))));"
        "print(report.invoices, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["20", "False"]


@pytest.mark.parametrize("long", [True, False])
def test_length_decides_the_way_and_not_the_report(long: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []
    begin = Checking._begin

    def told(self: Checking, *, columns: bool) -> None:
        begun.append(columns)
        begin(self, columns=columns)

    monkeypatch.setattr(Checking, "_begin", told)
    monkeypatch.setattr(checking_module, "WARM_BYTES", 1000 if long else 1 << 30)
    data = whole_file(Random(2), 2, 10)
    said = check_file(Source.of_bytes(data))
    assert begun == [long]
    assert (said.invoices, said.lots, said.records) == (20, 2, len(data) // 128)


def test_types_of_the_plan_are_the_invoices_records() -> None:
    assert TYPES[START] == "2"
    assert set(TYPES) == set(INVOICE_RECORDS)
