"""The patient's statement: proof of the card, only that card's persons, plain words, receipts of sheets not seen yet."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from payer_kit import DAY, GP_NUMBER, NOON, card, line, sheet
from payer_world import PayerWorld, gp_card, make_world, patient_card
from seal_kit import trust_store
from vaguemestre.core.b2.assembly import header_items, sheet_to_invoice
from vaguemestre.core.caresheet import CareSheet, SheetIdentity
from vaguemestre.core.findings import Finding
from vaguemestre.core.payer.intake import SheetState
from vaguemestre.core.payer.statement import Account, Stage, render
from vaguemestre.core.seal.sealing import Signer
from vaguemestre.core.seal.sheetfile import compose_sheet
from vaguemestre.core.seal.sheetsigning import SheetHeader, sign_sheet
from vaguemestre.edge.seal.cardfile import MemoryCardReader
from vaguemestre.edge.seal.sheet_verifier import SheetVerifier
from vaguemestre.role.patient import PatientEdges, statement
from vaguemestre.role.payer import counter
from vaguemestre.role.payer.adjudicate import adjudicate_pending
from vaguemestre.role.payer.answer import answer
from vaguemestre.role.payer.counter import CardAnswer
from vaguemestre.role.payer.pay import pay
from vaguemestre.role.payer.register import oppose_card

PAY_DAY = NOON + timedelta(days=7)


class Counter:
    """The payer's counter in the same process; `spoil` alters what the card signed."""

    def __init__(self, world: PayerWorld, *, spoil: bool = False) -> None:
        self._edges, self._spoil = world.edges, spoil

    def challenge(self, now: object) -> bytes:
        return counter.challenge(self._edges, now)  # type: ignore[arg-type]

    def account_of(
        self, certificate_der: bytes, challenge: bytes, signature: bytes, now: object
    ) -> tuple[Account | None, list[Finding]]:
        given = CardAnswer(certificate_der, challenge, bytes(256) if self._spoil else signature)
        return counter.account_of(self._edges, given, now)  # type: ignore[arg-type]


@pytest.fixture
def world(tmp_path: Path) -> PayerWorld:
    return make_world(tmp_path)


def patient(
    world: PayerWorld, order: int = 1, signer: Signer | None = None, *, spoil: bool = False, receipts: object = ()
) -> PatientEdges:
    reader = MemoryCardReader()
    reader.insert("card", card(order).card, signer or patient_card(order))
    return PatientEdges(reader, Counter(world, spoil=spoil), SheetVerifier(trust_store()), lambda: receipts)  # type: ignore[arg-type,return-value]


def receipt(made: CareSheet) -> bytes:
    data, _ = sheet_to_invoice(made)
    assert data is not None
    return compose_sheet(sign_sheet(SheetHeader(made.identity, header_items(made)), data, NOON, gp_card(), None), data)


def run(world: PayerWorld) -> None:
    adjudicate_pending(world.edges, NOON)
    pay(world.edges, PAY_DAY)
    answer(world.edges, PAY_DAY)


def test_the_statement_says_in_plain_words_what_became_of_each_sheet(world: PayerWorld) -> None:
    world.intake(world.message([sheet(1, 1), sheet(2, 2), sheet(3, 1, lines=(line(code="VG", cents=9900),))]))
    run(world)
    made, found = statement(patient(world), "card", PAY_DAY)
    assert found == []
    assert made is not None
    assert made.persons == ("Camille Durand1",)
    assert [(entry.name[-4:], entry.stage) for entry in made.entries] == [("0001", Stage.PAID), ("0003", Stage.PAID)]
    assert (made.paid_practice_cents, made.paid_patient_cents, made.owed_cents) == (3500, 0, 200)
    text = render(made)
    for words in (
        "Votre relevé — CPAM, le 04/05/2022",
        "Armelle Kerdoncuff",
        "17,50\u00a0€ ont été versés au professionnel le 04/05/2022.",
        "seront retenus sur un prochain remboursement",
        "Participation forfaitaire du 04/05/2022 : 1,00\u00a0€",
        "ramenée",
    ):
        assert words in text, words
    english = render(statement(patient(world), "card", PAY_DAY, "en")[0] or made, "en")
    assert "was paid to the professional on 2022-05-04" in english


def test_a_sheet_forwarded_to_another_insurer_is_told_to_the_patient(world: PayerWorld) -> None:
    world.intake(world.message([sheet(1, 1)]))
    with world.store.unit() as unit:
        (stored,) = unit.sheets.to_decide(1)
        unit.sheets.set_states([(stored.id, SheetState.FORWARDED)])
        unit.forwards.add(stored.id, "039990000", 1, 2, NOON)
    told, _ = statement(patient(world), "card", NOON)
    assert told is not None
    (entry,) = told.entries
    assert entry.stage is Stage.FORWARDED
    assert "039990000" in entry.sentences[-1]
    assert "transmise à une autre caisse" in render(told)


def test_a_patient_reads_only_the_persons_on_the_card(world: PayerWorld) -> None:
    world.intake(world.message([sheet(1, 1), sheet(2, 2)]))
    run(world)
    made, _ = statement(patient(world, 2), "card", PAY_DAY)
    assert made is not None
    assert [entry.name[-4:] for entry in made.entries] == ["0002"]


def test_without_the_cards_own_key_nothing_is_shown(world: PayerWorld) -> None:
    world.intake(world.message([sheet(1, 1)]))
    for edges in (patient(world, spoil=True), patient(world, 1, gp_card())):
        made, found = statement(edges, "card", NOON)
        assert made is None
        assert [item.code.code for item in found] == ["A070"]
    # another card's key opens that card's account, never this one's
    other, _ = statement(patient(world, 1, patient_card(2)), "card", NOON)
    assert other is not None
    assert other.entries == ()


def test_a_challenge_serves_once_and_for_five_minutes(world: PayerWorld) -> None:
    asked = counter.challenge(world.edges, NOON)
    signer = patient_card(1)
    given = CardAnswer(signer.certificate_der, asked, signer.sign(asked))
    late = NOON + timedelta(minutes=6)
    assert [item.code.code for item in counter.account_of(world.edges, given, late)[1]] == ["A070"]
    asked = counter.challenge(world.edges, NOON)
    given = CardAnswer(signer.certificate_der, asked, signer.sign(asked))
    assert counter.account_of(world.edges, given, NOON)[1] == []
    assert [item.code.code for item in counter.account_of(world.edges, given, NOON)[1]] == ["A070"]
    forged = b"VGM-STATEMENT-1\n" + b"0" * 64 + b"\n"
    given = CardAnswer(signer.certificate_der, forged, signer.sign(forged))
    assert [item.code.code for item in counter.account_of(world.edges, given, NOON)[1]] == ["A070"]


def test_a_card_that_is_opposed_or_of_another_payer_opens_nothing(world: PayerWorld) -> None:
    made, found = statement(patient(world, 9, patient_card(9)), "card", NOON)
    assert made is None
    assert [item.code.code for item in found] == ["A071"]
    oppose_card(world.edges, "8000000001", DAY, "stolen")
    made, found = statement(patient(world), "card", NOON)
    assert made is None
    assert [item.code.code for item in found] == ["A073"]


def test_a_sheet_not_seen_by_the_payer_is_shown_from_its_signed_receipt_only(world: PayerWorld) -> None:
    unsent, sent, others = sheet(5, 1), sheet(1, 1), sheet(6, 2)
    world.intake(world.message([sent]))
    files = [(f"{rank}.eml", receipt(made)) for rank, made in enumerate((unsent, sent, others))]
    files.append(("forged.eml", receipt(unsent).replace(b"VGMS", b"VGMX")))
    made, found = statement(patient(world, receipts=files), "card", NOON)
    assert made is not None
    assert [item.code.code for item in found] == ["A072"]
    stages = {entry.name[-4:]: entry.stage for entry in made.entries}
    assert stages == {"0001": Stage.WAITING, "0005": Stage.NOT_SEEN}
    assert "vous avez le reçu signé du 27/04/2022" in render(made).lower()


def test_a_receipt_whose_content_was_changed_is_not_believed(world: PayerWorld) -> None:
    data = bytearray(receipt(sheet(5, 1)))
    position = data.index(b"0002500")
    data[position : position + 7] = b"0009900"
    made, found = statement(patient(world, receipts=[("r.eml", bytes(data))]), "card", NOON)
    assert made is not None
    assert made.entries == ()
    assert [item.code.code for item in found] == ["A072"]


def test_what_waits_is_held_or_refused_is_told_to_the_patient(world: PayerWorld) -> None:
    first = sheet(1, 1)
    double = replace(first, identity=SheetIdentity(GP_NUMBER, DAY, 2))
    ceased = replace(sheet(3, 1), performer=replace(first.performer, specialty="02"))
    ceased = replace(ceased, lines=(line(code="CS", cents=2300),))
    world.intake(world.message([first, double, ceased]))
    made, _ = statement(patient(world), "card", NOON)
    assert made is not None
    assert [entry.stage for entry in made.entries] == [Stage.WAITING, Stage.HELD, Stage.WAITING]
    adjudicate_pending(world.edges, NOON)
    made, _ = statement(patient(world), "card", NOON)
    assert made is not None
    assert [entry.stage for entry in made.entries] == [Stage.GRANTED, Stage.HELD, Stage.REFUSED]
    text = render(made)
    assert "Le paiement est prévu le 04/05/2022." in text
    assert "spécialité 02" in text
