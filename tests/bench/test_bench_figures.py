"""Every figure of the bench is taken, on small numbers, from the real code; targets are for the reference machine alone."""

from pathlib import Path

import pytest

from vaguemestre.bench import b2, machine, recording, runs, stages, waiting, x12
from vaguemestre.bench.b2_files import b2_file
from vaguemestre.bench.catalogue import GROUPS, NAMES, chosen, steps_of, take
from vaguemestre.bench.figure import Bench, Figure, Unit, percentile
from vaguemestre.bench.sheets import NOW
from vaguemestre.bench.world import make_materials, open_practice
from vaguemestre.core.b2.assembly import sheet_to_invoice
from vaguemestre.core.b2.codec import decode_record
from vaguemestre.core.seal.sealing import KeyKind
from vaguemestre.role.practice.record import record
from vaguemestre.sim.credentials import shared_pool
from vaguemestre.toolkit.b2.checking import check_file
from vaguemestre.toolkit.source import Source


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, shared_pool(), quick=True)


def test_the_bench_sheet_has_six_records_and_every_other_one_a_card(bench: Bench) -> None:
    practice = open_practice(make_materials(bench.pool, KeyKind.P_256, 4), bench.directory)
    for rank in range(4):
        entry = practice.entry(rank)
        done = record(practice.edges, entry, NOW)
        assert done.sheet is not None, [str(item) for item in done.findings]
        data, _ = sheet_to_invoice(done.sheet)
        assert data is not None
        records = [decode_record(data[start : start + 128])[0] for start in range(0, len(data), 128)]
        assert [one.name for one in records if one is not None] == ["2", "2S", "4", "4S", "4E", "5"]
        assert (entry.card is not None) is (rank % 2 == 0)
    practice.store.close()


def test_a_target_lies_on_one_side(bench: Bench) -> None:
    assert Figure("x", "", "", 0.9, Unit.RATIO, 0.85).reached is True
    assert Figure("x", "", "", 0.8, Unit.RATIO, 0.85).reached is False
    assert Figure("x", "", "", 10.0, Unit.MILLISECONDS, 10.0, at_least=False).reached is False
    assert Figure("x", "", "", 9.9, Unit.MILLISECONDS, 10.0, at_least=False).reached is True
    assert Figure("x", "", "", 1.0, Unit.COUNT).reached is None


def test_a_percentile_is_one_of_the_waits() -> None:
    waits = [float(rank) for rank in range(100, 0, -1)]
    assert [percentile(waits, part) for part in (0.0, 0.5, 0.99, 1.0)] == [1.0, 51.0, 100.0, 100.0]
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


def test_the_machine_has_its_rates(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(machine.os, "fsync", lambda descriptor: synced.append(descriptor))
    rates = {figure.name: figure.value for figure in machine.measure(bench)}
    assert rates["rsa-verify"] > 5 * rates["rsa-sign"] > 0
    assert rates["rsa-decrypt"] > 0
    assert rates["p256-sign"] > rates["rsa-sign"]
    assert len(synced) == 50
    assert list(bench.directory.iterdir()) == []


def test_recording_is_timed_while_another_process_carries(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_QUICK_BACKLOG", 40)
    monkeypatch.setattr(recording, "_QUICK_RECORDED", 30)
    monkeypatch.setattr(recording, "_PEOPLE", 30)
    figures = {figure.name: figure.value for figure in recording.measure(bench)}
    assert 0 < figures["record-p50"] <= figures["record-p99"] <= figures["record-worst"]
    assert figures["record-carried"] > 0


def test_each_stage_costs_something(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "_QUICK_SHEETS", 24)
    figures = {figure.name: figure.value for figure in stages.measure(bench)}
    assert list(figures) == [*(f"stage-{name}" for name, _, _ in stages.STAGES), "stage-practice", "stage-payer"]
    whole = sum(figures[f"stage-{name}"] for name, _, _ in stages.STAGES)
    assert figures["stage-practice"] + figures["stage-payer"] == pytest.approx(whole)
    alone = set(figures) - {"stage-store", "stage-register"}  # what remains of a whole: a hiccup may eat it up
    assert [name for name in alone if figures[name] <= 0] == []


def test_a_waiting_practice_is_weighed_in_processes_of_its_own(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_QUICK_SHEETS", 60)
    monkeypatch.setattr(waiting, "_PEOPLE", 30)
    figures = {figure.name: figure for figure in waiting.measure(bench)}
    assert 20 < figures["waiting-whole"].value < 150
    assert abs(figures["waiting-above"].value) < 20
    assert figures["waiting-lots"].value >= 2


def test_a_large_file_of_bench_sheets_is_clean_and_none_is_twice() -> None:
    data = b2_file(1200, 400)
    report = check_file(Source.of_bytes(data))
    assert (report.lots, report.invoices, report.records) == (3, 1200, len(data) // 128)
    assert report.findings == ()


@pytest.fixture
def small_b2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(b2, "_LOTS", 4)
    monkeypatch.setattr(b2, "_QUICK_SHEETS", 60)
    monkeypatch.setattr(b2, "_QUICK_CLAIMS", 5)
    monkeypatch.setattr(b2, "_QUICK_STARTS", 1)


@pytest.mark.usefixtures("small_b2")
def test_the_b2_figures_come_from_what_was_run(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(10**6))  # one second between any two looks at it
    monkeypatch.setattr(b2, "process_time", lambda: float(next(clock)))
    monkeypatch.setattr(b2, "perf_counter", lambda: float(next(clock)))
    figures = {figure.name: figure for figure in b2.measure(bench)}
    assert figures["b2-check-lot"].value == 50
    assert figures["b2-check"].value == 200
    assert figures["b2-x12-claims"].value == 5
    assert figures["b2-x12"].value == 40
    assert (figures["b2-parquet-rate"].value, figures["b2-parquet"].value) == (200, 1)
    assert all(20 < figures[f"b2-memory-{name}"].value < 1000 for name in b2.COMMANDS)
    assert figures["b2-start"].value == 0


def test_without_pyx12_the_bench_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x12, "is_there", lambda: False)
    (figure,) = b2._against_x12(150_000.0, 5)
    assert (figure.value, figure.target) == (0, None)
    assert "not installed" in figure.en


@pytest.mark.skipif(not x12.is_there(), reason="pyx12 is not installed")
def test_the_claims_are_valid_and_a_wrong_one_is_not() -> None:
    good = x12.claims(3)
    assert x12.validate(good)
    assert not x12.validate(good.replace("CLM*000000002*25*", "CLM*000000002*25X*"))


def test_a_check_that_finds_something_has_no_figure() -> None:
    data = b2_file(50)
    with pytest.raises(RuntimeError, match="not clean"):
        b2._checked(data.replace(b"000250000001750000007500", b"000250000001750000007501", 1), 50)


def test_a_command_that_fails_has_no_weight(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with 3"):
        b2.weigh(tmp_path, ["b2", "check", str(tmp_path / "nowhere.b2")])


@pytest.mark.slow
def test_a_run_has_its_rate(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_QUICK_SHEETS", 20)
    monkeypatch.setattr(runs, "TARGETS", {KeyKind.P_256: ("p256", "P-256", 1000.0)})
    (figure,) = runs.measure(bench)
    assert figure.name == "run-p256"
    assert figure.value > 0


def test_one_group_comes_with_the_machine(bench: Bench) -> None:
    assert [group.name for group in chosen("seal")] == ["machine", "seal"]
    assert chosen() == GROUPS
    with pytest.raises(KeyError):
        chosen("machinery")
    told: list[int] = []
    (group,) = (one for one in GROUPS if one.name == "seal")
    figures = take(group, Bench(bench.directory, bench.pool, quick=True, advance=told.append))
    assert sum(told) == steps_of((group,), quick=True) == 1
    assert len({figure.name for figure in figures}) == len(figures) == 4
    assert set(NAMES) == {"seal", "recording", "stages", "b2", "waiting", "run"}
