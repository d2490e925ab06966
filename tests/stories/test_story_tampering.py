"""Behind every role's back one thing is changed in a world that balances: the auditor names the sheet and what contradicts what."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from kit import Town, patient

from vaguemestre.audit import stores
from vaguemestre.audit.breaches import BreachCode
from vaguemestre.audit.inquiry import inquire
from vaguemestre.cli import main
from vaguemestre.cli.worldreport import document, evidence_of, succeeded
from vaguemestre.core.caresheet import BirthDate, CareSheet
from vaguemestre.edge.payer.migrations import MIGRATIONS as PAYER_MIGRATIONS
from vaguemestre.edge.practice.migrations import MIGRATIONS as PRACTICE_MIGRATIONS
from vaguemestre.sim.worldfiles import WorldFiles

PAYER, GP, NURSE = "payer/payer.sqlite", "practices/gp/practice.sqlite", "practices/nurse/practice.sqlite"
_NAME = "billing_number || '/' || made_on || '/' || substr(invoice_number, 6)"


@dataclass(frozen=True, slots=True)
class World:
    """A world at rest, with the printed names of its sheets by what they are."""

    files: WorldFiles
    names: dict[str, str]

    def copied(self, root: Path) -> "World":
        shutil.copytree(self.files.root, root)
        return replace(self, files=WorldFiles(root))

    def change(self, store: str, *statements: str) -> None:
        """Run statements in which `:tiers`, `:paid`... are the numbers of those sheets in that store; the guards are off."""
        with closing(sqlite3.connect(self.files.root / store, isolation_level=None)) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            numbers = {
                key: connection.execute(f"SELECT id FROM sheets WHERE {_NAME} = ?", (name,)).fetchone()
                for key, name in self.names.items()
            }
            known = {key: row[0] for key, row in numbers.items() if row is not None}
            assert sum(connection.execute(statement, known).rowcount for statement in statements) >= len(statements)

    def breaches(self) -> set[tuple[str, str]]:
        """Codes and sheets, without the leak search, which is another matter."""
        made = inquire(replace(evidence_of(self.files), wires=(), at_rest=()))
        assert not succeeded(made) or not made.breaches
        return {(breach.code.value, breach.identity) for breach in made.breaches}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One sheet under tiers payant, one paid by the patient, one refused, the nurse's, and one of a later day."""
    root = tmp_path_factory.mktemp("kept") / "world"
    people = [patient(number) for number in range(1, 6)]
    town = Town(root, people, ("gp", "nurse"))
    gp, nurse = town.gp, town.clinics["nurse"]
    meant = gp.draft(people[2], card=False)
    typed = replace(meant, beneficiary=replace(people[2].beneficiary, birth_date=BirthDate(1979, 3, 2)))
    sheets: dict[str, CareSheet] = {
        "tiers": gp.sees(people[0], tiers_payant=True),
        "paid": gp.sees(people[1], tiers_payant=False),
        "refused": gp.types(people[2], typed),
        "nurse": nurse.sees(people[3], tiers_payant=True),
    }
    town.settles()
    town.later(days=1)
    sheets["later"] = gp.sees(people[4], tiers_payant=False)
    town.settles()
    made = town.audited(waiting=0, rejected=1750)
    assert succeeded(made)
    town.payer.edges.store.close()
    return World(town.files, {key: str(sheet.identity) for key, sheet in sheets.items()})


ITS_ORDER = "id = (SELECT transfer FROM payments WHERE sheet = :tiers)"
NO_PAYMENT = (
    "DELETE FROM transfers WHERE id = (SELECT transfer FROM payments WHERE sheet = :paid)",
    "DELETE FROM payments WHERE sheet = :paid",
    "DELETE FROM entries WHERE sheet = :paid AND movement IN ('pay patient', 'retain')",
)
TAMPERINGS: dict[str, tuple[str, tuple[str, ...], BreachCode, str]] = {
    # the practice's store: amounts, states, receipts
    "claims more": (
        GP,
        ("UPDATE sheets SET fund_cents = fund_cents + 1 WHERE id = :tiers",),
        BreachCode.OTHER_CLAIM_AT_PRACTICE,
        "tiers",
    ),
    "told less": (
        GP,
        ("UPDATE sheets SET paid_cents = paid_cents - 1 WHERE id = :tiers",),
        BreachCode.PRACTICE_TOLD_OTHERWISE,
        "tiers",
    ),
    "accepted less": (
        GP,
        (
            "UPDATE sheets SET accepted_cents = accepted_cents - 1, rejected_cents = rejected_cents + 1 WHERE id = :tiers",
        ),
        BreachCode.PRACTICE_TOLD_OTHER_DECISION,
        "tiers",
    ),
    "rejected though accepted and paid": (
        GP,
        ("UPDATE sheets SET state = 'rejected', accepted_cents = 0, rejected_cents = fund_cents WHERE id = :paid",),
        BreachCode.DENIED_YET_ACCEPTED,
        "paid",
    ),
    "cancelled though paid": (
        GP,
        ("UPDATE sheets SET state = 'cancelled' WHERE id = :tiers",),
        BreachCode.DENIED_YET_ACCEPTED,
        "tiers",
    ),
    "rejected without an answer": (
        GP,
        ("UPDATE sheets SET state = 'rejected' WHERE id = :later",),
        BreachCode.NO_RECEIPT,
        "later",
    ),
    "settled though refused": (
        GP,
        ("UPDATE sheets SET state = 'settled' WHERE id = :refused",),
        BreachCode.STATE_NOT_AS_TOLD,
        "refused",
    ),
    "sent again, so it seems": (
        GP,
        ("UPDATE sheets SET state = 'handed over' WHERE id = :paid",),
        BreachCode.STATE_NOT_AS_TOLD,
        "paid",
    ),
    "its receipt is lost": (GP, ("DELETE FROM sheet_answers WHERE sheet_id = :paid",), BreachCode.NO_RECEIPT, "paid"),
    "its return is lost": (
        NURSE,
        ("DELETE FROM sheet_answers WHERE sheet_id = :nurse AND moved_to = 'settled'",),
        BreachCode.NO_RECEIPT,
        "nurse",
    ),
    "patient and practice swapped": (
        GP,
        ("UPDATE sheets SET settlement = 'tiers_payant' WHERE id = :paid",),
        BreachCode.OTHER_SETTLEMENT,
        "paid",
    ),
    "forgotten": (NURSE, ("DELETE FROM sheets WHERE id = :nurse",), BreachCode.ABSENT_AT_PRACTICE, "nurse"),
    # the payer's store: the sheet and its decision
    "registered for more": (
        PAYER,
        ("UPDATE sheets SET claimed_cents = claimed_cents + 1 WHERE id = :paid",),
        BreachCode.OTHER_CLAIM_AT_PAYER,
        "paid",
    ),
    "never registered": (PAYER, ("DELETE FROM sheets WHERE id = :tiers",), BreachCode.NEVER_REGISTERED, "tiers"),
    "held though decided": (
        PAYER,
        ("UPDATE sheets SET state = 'held' WHERE id = :paid",),
        BreachCode.PAYER_STATE_DIFFERS,
        "paid",
    ),
    "the refusal is gone": (
        PAYER,
        ("DELETE FROM decisions WHERE sheet = :refused",),
        BreachCode.PAYER_STATE_DIFFERS,
        "refused",
    ),
    "the decision is gone": (
        PAYER,
        ("DELETE FROM decisions WHERE sheet = :tiers",),
        BreachCode.SETTLED_YET_UNDECIDED,
        "tiers",
    ),
    "granted less than paid": (
        PAYER,
        (
            "UPDATE decisions SET accepted_cents = accepted_cents - 1, rejected_cents = rejected_cents + 1 WHERE sheet = :paid",
        ),
        BreachCode.PAID_NOT_ACCEPTED,
        "paid",
    ),
    "a decision that does not add up": (
        PAYER,
        ("UPDATE decisions SET rejected_cents = rejected_cents + 1 WHERE sheet = :later",),
        BreachCode.CLAIM_NOT_MADE_UP,
        "later",
    ),
    "decided as another claim": (
        PAYER,
        ("UPDATE decisions SET claim = 'x' WHERE sheet = :nurse",),
        BreachCode.OTHER_CLAIM_DECIDED,
        "nurse",
    ),
    "the acknowledgement was never made": (
        PAYER,
        ("DELETE FROM answers WHERE kind = 'ARL'",),
        BreachCode.NO_ACKNOWLEDGEMENT_KEPT,
        "paid",
    ),
    # the payer's store: the money
    "a payment is gone": (PAYER, NO_PAYMENT, BreachCode.PAID_ON_OTHER_DAY, "paid"),
    "a payment is gone, its day too": (
        PAYER,
        (*NO_PAYMENT, "UPDATE decisions SET paid_on = NULL WHERE sheet = :paid"),
        BreachCode.OVERDUE,
        "paid",
    ),
    "promised less": (
        PAYER,
        ("UPDATE entries SET amount_cents = amount_cents - 1 WHERE sheet = :tiers AND movement = 'accept practice'",),
        BreachCode.ENTERED_NOT_DECIDED,
        "tiers",
    ),
    "entered a cent more": (
        PAYER,
        ("UPDATE entries SET amount_cents = amount_cents + 1 WHERE sheet = :paid AND movement = 'pay patient'",),
        BreachCode.ENTERED_NOT_PAID,
        "paid",
    ),
    "nothing kept from the payment": (
        PAYER,
        ("DELETE FROM entries WHERE sheet = :paid AND movement = 'retain'",),
        BreachCode.PAID_NOT_ACCEPTED,
        "paid",
    ),
    "paid, and its payment gone": (
        PAYER,
        ("DELETE FROM payments WHERE sheet = :nurse",),
        BreachCode.ENTERED_NOT_PAID,
        "nurse",
    ),
    "paid on another day": (
        PAYER,
        ("UPDATE decisions SET paid_on = '2022-06-01' WHERE sheet = :tiers",),
        BreachCode.PAID_ON_OTHER_DAY,
        "tiers",
    ),
    "entered for another practice": (
        PAYER,
        ("UPDATE entries SET payee = CAST('754990216' AS BLOB) WHERE sheet = :tiers",),
        BreachCode.OTHER_PAYEE,
        "tiers",
    ),
    "another practice all along": (
        PAYER,
        (
            f"UPDATE transfers SET payee = CAST('754990216' AS BLOB) WHERE {ITS_ORDER}",
            "UPDATE payments SET payee = CAST('754990216' AS BLOB) WHERE sheet = :tiers",
            "UPDATE entries SET payee = CAST('754990216' AS BLOB) WHERE sheet = :tiers",
        ),
        BreachCode.OTHER_PAYEE,
        "tiers",
    ),
    "another patient": (
        PAYER,
        ("UPDATE payments SET payee = (SELECT patient FROM sheets WHERE id = :later) WHERE sheet = :paid",),
        BreachCode.OTHER_PAYEE,
        "paid",
    ),
    "tiers payant, paid to the patient": (
        PAYER,
        ("UPDATE entries SET movement = 'pay patient' WHERE sheet = :tiers AND movement = 'pay practice'",),
        BreachCode.PATIENT_PAID_UNDER_TIERS_PAYANT,
        "tiers",
    ),
    "paid by the patient, repaid to the practice": (
        PAYER,
        ("UPDATE entries SET movement = 'pay practice' WHERE sheet = :paid AND movement = 'pay patient'",),
        BreachCode.PRACTICE_PAID_FOR_PATIENT,
        "paid",
    ),
    "settled as the other one": (
        PAYER,
        ("UPDATE payments SET settlement = 'patient_paid' WHERE sheet = :tiers",),
        BreachCode.OTHER_SETTLEMENT,
        "tiers",
    ),
    "an order of a cent more": (
        PAYER,
        (f"UPDATE transfers SET amount_cents = amount_cents + 1 WHERE {ITS_ORDER}",),
        BreachCode.TRANSFER_NOT_ITS_PAYMENTS,
        "tiers",
    ),
    "an order that never was": (
        PAYER,
        ("DELETE FROM transfers WHERE id = (SELECT transfer FROM payments WHERE sheet = :nurse)",),
        BreachCode.NO_TRANSFER,
        "nurse",
    ),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_what_is_changed_in_a_store_is_named_with_its_sheet(what: str, world: World, tmp_path: Path) -> None:
    store, statements, code, sheet = TAMPERINGS[what]
    copy = world.copied(tmp_path / "world")
    copy.change(store, *statements)
    assert (code.value, world.names[sheet]) in copy.breaches()


def _without_deed(world: World) -> None:
    lines = world.files.deeds.read_text("utf-8").splitlines(keepends=True)
    world.files.deeds.write_text("".join(line for line in lines if world.names["nurse"] not in line), "utf-8")


def _deed_without_trace(world: World) -> None:
    line = world.files.deeds.read_text("utf-8").splitlines()[0]
    with world.files.deeds.open("a", encoding="utf-8") as file:
        file.write(line.replace(world.names["tiers"], world.names["tiers"][:-4] + "0099") + "\n")


def _shown_less(world: World) -> None:
    shown = json.loads(world.files.shown.read_text("utf-8"))
    changed = [(name, cents - (name == world.names["paid"])) for name, cents in shown]
    world.files.shown.write_text(json.dumps(changed), "utf-8")


@pytest.mark.parametrize(
    ("hand", "code", "serial"),
    [
        (_without_deed, BreachCode.NOBODY_RECORDED, "nurse"),
        (_deed_without_trace, BreachCode.ABSENT_AT_PRACTICE, "0099"),
        (_shown_less, BreachCode.PATIENT_TOLD_OTHERWISE, "paid"),
    ],
)
def test_what_people_did_and_saw_counts_as_much(
    hand: Callable[[World], None], code: BreachCode, serial: str, world: World, tmp_path: Path
) -> None:
    copy = world.copied(tmp_path / "world")
    hand(copy)
    sheet = world.names.get(serial, world.names["tiers"][:-4] + serial)
    assert (code.value, sheet) in copy.breaches()


def test_a_payment_that_vanished_with_every_trace_still_waits(world: World, tmp_path: Path) -> None:
    """Nothing contradicts what is left of the very last payment: the money is merely still to come, which is no success."""
    copy = world.copied(tmp_path / "world")
    statements = [*NO_PAYMENT, "UPDATE decisions SET paid_on = NULL WHERE sheet = :paid"]
    copy.change(PAYER, *(statement.replace(":paid", ":later") for statement in statements))
    shown = [row for row in json.loads(copy.files.shown.read_text("utf-8")) if row[0] != world.names["later"]]
    copy.files.shown.write_text(json.dumps(shown), "utf-8")
    made = inquire(evidence_of(copy.files))
    assert made.holds
    assert made.account.amounts_cents["waiting"] == 1750
    assert not succeeded(made)


def _audit(world: World, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(["audit", "--json", "--state", str(world.files.root)])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_the_command_says_so_with_its_exit_code(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _audit(world, capsys)[0] == 0
    copy = world.copied(tmp_path / "world")
    copy.change(GP, "UPDATE sheets SET paid_cents = paid_cents - 1 WHERE id = :tiers")
    code, said = _audit(copy, capsys)
    assert code == 1
    assert world.names["tiers"] in [breach["sheet"] for breach in json.loads(said)["breaches"]]


@pytest.mark.parametrize("store", [PAYER, GP])
def test_a_store_of_a_newer_version_is_not_judged(
    store: str, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = world.copied(tmp_path / "world")
    with closing(sqlite3.connect(copy.files.root / store)) as connection:
        connection.execute("PRAGMA user_version = 99")
    code, said = _audit(copy, capsys)
    assert code == 4
    assert [item["code"] for item in json.loads(said)["findings"]] == ["E005"]


def test_the_auditor_reads_the_stores_as_they_are_today() -> None:
    """Whoever changes a store's tables looks at the auditor's statements too, then says so there."""
    assert (1 + len(PRACTICE_MIGRATIONS), 1 + len(PAYER_MIGRATIONS)) == (stores.PRACTICE_VERSION, stores.PAYER_VERSION)


LEAKS = {
    "operators/a/operator.log": ("{first} G {birth}", "care"),
    "operators/b/seen.txt": ("{first} {birth}", "identity"),
    "practices/gp/practice.log": ('{{"patient": "{card}", "act": "G"}}', "care"),
    "store-keys/note.txt": ("{nir}", "nir"),
    "pki/forgotten.csv": ("{last}", "name"),
    "somewhere/else.json": ("{spaced}", "nir"),
    "dump.hex": ("{hexadecimal}", "nir"),
}


def test_what_can_be_read_anywhere_in_the_world_is_a_leak(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = world.copied(tmp_path / "world")
    person = patient(2)
    nir, born = person.beneficiary.insured_nir, person.beneficiary.birth_date
    known = {
        "first": person.first_name, "last": person.last_name, "card": person.card_serial, "nir": nir,
        "birth": f"{born.day:02d}/{born.month:02d}/{born.year}", "spaced": f"{nir[0]} {nir[1:3]} {nir[3:5]} {nir[5:]}",
        "hexadecimal": nir.encode().hex(),
    }  # fmt: skip
    for place, (text, _) in LEAKS.items():
        path = copy.files.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"10:32 {text.format(**known)}\n")
    code, told = _audit(copy, capsys)
    assert code == 1
    found = {(leak["place"], leak["kind"]): leak for leak in json.loads(told)["leaks_found"]}
    for place, (_, kind) in LEAKS.items():
        leak = found[str(copy.files.root / place), kind]
        assert "2" in leak["subject"].split(", ")
        assert world.names["paid"] in leak["sheets"]
        assert kind == "name" or leak["sheets"] == [world.names["paid"]]


def test_cards_and_the_auditors_own_record_are_no_leak(world: World) -> None:
    made = document(inquire(evidence_of(world.files)))
    assert made["balanced"]
    assert any(world.files.cards.iterdir())
    assert patient(2).beneficiary.insured_nir in world.files.secrets.read_text("utf-8")
