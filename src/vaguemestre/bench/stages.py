"""Where time goes: what each stage of the chain costs per sheet, in processor time; waits for the disk are not counted.

Recording and taking in are measured whole; the stages inside them are measured again alone, on the same sheets, and what remains is
the last one's own: the store, the register.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from time import process_time
from typing import Final, TypeVar

from vaguemestre.bench.figure import Bench, Figure, Unit
from vaguemestre.bench.sheets import NOW
from vaguemestre.bench.world import World, make_materials, open_world
from vaguemestre.core.b2.assembly import header_items, sheet_to_invoice
from vaguemestre.core.b2.disassembly import invoice_to_sheet
from vaguemestre.core.b2.files import parse_file
from vaguemestre.core.b2.shape import Invoice
from vaguemestre.core.caresheet import CareSheet, SheetIdentity
from vaguemestre.core.mail.delivery import Attempt, DeliveryOutcome
from vaguemestre.core.mail.envelope import Envelope, Received, ReceivedEnvelope
from vaguemestre.core.payer.intake import ReceivedMessage
from vaguemestre.core.seal.lotmessage import LotContent, split_lot
from vaguemestre.core.seal.sealing import KeyKind, Verdict
from vaguemestre.core.seal.sheetsigning import (
    SheetHeader,
    SignatureTable,
    decode_header,
    decode_signature_table,
    sign_sheet,
)
from vaguemestre.core.sheet.sheetchecks import check_draft, check_sheet
from vaguemestre.core.tariff.valuation import value_sheet
from vaguemestre.role.payer import adjudicate, answer, intake, pay
from vaguemestre.role.payer.opening import SENDERS
from vaguemestre.role.practice import collect, lots, record, send

STAGES: Final = (
    ("value", "contrôler et valoriser", "check and value"),
    ("assemble", "écrire les enregistrements B2", "write the B2 records"),
    ("sign", "signer (carte du patient : une fois sur deux)", "sign (patient's card: every other time)"),
    ("store", "numéroter et ranger, chiffré", "number and store, encrypted"),
    ("seal", "mettre en lot et sceller", "put in lots and seal"),
    ("send", "remettre", "hand over"),
    ("receive", "prendre en charge", "take in"),
    ("open", "déchiffrer et vérifier le lot", "decrypt and verify the lot"),
    ("verify", "vérifier les signatures des feuilles", "verify the sheets' signatures"),
    ("decode", "lire et contrôler les feuilles", "read and check the sheets"),
    ("register", "enregistrer et accuser réception", "register and acknowledge"),
    ("adjudicate", "décider", "decide"),
    ("ledger", "payer : écritures, retenues", "pay: ledger, retentions"),
    ("return", "faire les retours et répondre", "make the returns and answer"),
    ("collect", "relever et rapprocher", "collect and reconcile"),
)
"""Every stage in the order of the chain: name, French, English. Up to `send` and from `collect` on at the practice."""

PRACTICE: Final = frozenset({"value", "assemble", "sign", "store", "seal", "send", "collect"})
_SHEETS, _QUICK_SHEETS = 3000, 200
_PAYMENT: Final = timedelta(days=12)
_BATCH: Final = 8
T = TypeVar("T")


def measure(bench: Bench) -> Iterator[Figure]:
    """One figure per stage, then the practice's and the payer's sums."""
    count = _QUICK_SHEETS if bench.quick else _SHEETS
    world = open_world(make_materials(bench.pool, KeyKind.RSA_2048, count), bench.directory)
    try:
        taken = _Chain(world, count).run()
    finally:
        world.close()
    for name, fr, en in STAGES:
        yield Figure(f"stage-{name}", fr, en, taken[name] / count * 1e6, Unit.MICROSECONDS)
    practice = sum(seconds for name, seconds in taken.items() if name in PRACTICE)
    payer = sum(taken.values()) - practice
    yield Figure("stage-practice", "au cabinet, en tout", "at the practice, in all", practice / count * 1e6, _US)
    yield Figure("stage-payer", "à la caisse, en tout", "at the payer, in all", payer / count * 1e6, _US)


_US: Final = Unit.MICROSECONDS


class _Chain:
    """The same sheets through the whole chain, stage after stage."""

    def __init__(self, world: World, count: int) -> None:
        self._world = world
        self._entries = [world.practice.entry(rank) for rank in range(count)]
        self._taken: dict[str, float] = {}
        self._mail: list[Received] = []
        for domain in list(world.operator.routes):
            world.operator.routes[domain] = self._deliver

    def run(self) -> dict[str, float]:
        """Seconds of processor time by stage."""
        self._at_the_practice()
        self._at_the_payer()
        edges = self._world.practice.edges
        collected = self._time("collect", lambda: collect.collect(edges, self._world.clock.now()))
        if collected.applied == 0 or collected.set_aside:
            raise RuntimeError("an answer was not applied")
        return self._taken

    def _time(self, name: str, work: Callable[[], T]) -> T:
        start = process_time()
        done = work()
        self._taken[name] = process_time() - start
        return done

    def _deliver(self, envelope: Envelope) -> Attempt:
        """Lay the message aside: taking it in is a stage of its own."""
        received = ReceivedEnvelope(envelope.mail_from, envelope.rcpt_tos, "bench", NOW)
        self._mail.append(Received(received, envelope.message))
        return Attempt(DeliveryOutcome.ACCEPTED, "250 2.0.0 Taken")

    # --- the practice

    def _at_the_practice(self) -> None:
        edges = self._world.practice.edges
        done = self._time("store", lambda: list(record.record_many(edges, self._entries, NOW)))
        sheets = [one.sheet for one in done if one.sheet is not None]
        if len(sheets) != len(self._entries):
            raise RuntimeError("our own sheets are refused")
        identities = [sheet.identity for sheet in sheets]
        self._time("value", lambda: self._value(identities))
        made = self._time("assemble", lambda: [(sheet_to_invoice(one)[0], header_items(one)) for one in sheets])
        headers = [SheetHeader(identity, items) for identity, (_, items) in zip(identities, made, strict=True)]
        self._time("sign", lambda: self._sign(headers, [data or b"" for data, _ in made]))
        self._taken["store"] -= self._taken["value"] + self._taken["assemble"] + self._taken["sign"]
        self._time("seal", lambda: lots.close_and_seal(edges, NOW))
        if self._time("send", lambda: send.send(edges, NOW)).waiting:
            raise RuntimeError("a lot was not handed over")

    def _value(self, identities: Sequence[SheetIdentity]) -> None:
        edges = self._world.practice.edges
        today, territory = edges.today(NOW), edges.settings.territory
        for entry, identity in zip(self._entries, identities, strict=True):
            check_draft(entry.draft, today, territory)
            value_sheet(entry.draft, identity, edges.tariff)

    def _sign(self, headers: Sequence[SheetHeader], records: Sequence[bytes]) -> None:
        signers = self._world.practice.edges.signers
        for entry, header, data in zip(self._entries, headers, records, strict=True):
            sign_sheet(header, data, NOW, signers[entry.draft.performer.rpps], entry.card)

    # --- the payer

    def _at_the_payer(self) -> None:
        payer, clock = self._world.payer, self._world.clock
        batches = [self._mail[start : start + _BATCH] for start in range(0, len(self._mail), _BATCH)]
        self._time("receive", lambda: [intake.receive(payer, batch) for batch in batches])
        with payer.store.view() as unit:
            waiting = unit.inbox.waiting(len(self._mail))
        # what opening, verifying and reading cost alone is taken last: certificates are then known, as on an ordinary day
        report = self._time("register", lambda: intake.process_inbox(payer, NOW))
        if report.registered != len(self._entries):
            raise RuntimeError(f"not every sheet was registered: {report}")
        contents = self._time("open", lambda: [self._open(message) for message in waiting])
        self._time("decode", lambda: [self._read(content) for content in contents])
        tables = [self._table(content) for content in contents]
        self._time("verify", lambda: self._verify(tables))
        self._taken["register"] -= self._taken["open"] + self._taken["decode"] + self._taken["verify"]
        self._time("adjudicate", lambda: adjudicate.adjudicate_pending(payer, NOW))
        later = clock.advance(_PAYMENT)
        self._time("ledger", lambda: pay.pay(payer, later))
        self._time("return", lambda: answer.answer(payer, later))

    def _open(self, message: ReceivedMessage) -> LotContent:
        opened = self._world.payer.opener.open(message.raw, received_at=NOW, roles=SENDERS)
        content, _ = split_lot(opened.content or b"")
        if content is None:
            raise RuntimeError("our own lot does not open")
        return content

    def _read(self, content: LotContent) -> list[CareSheet | None]:
        invoices, table = self._parts(content)
        headers = {entry.invoice_number: entry.header for entry in table.sheets}
        territory = self._world.payer.policy.territory
        today = self._world.payer.today(NOW)
        read: list[CareSheet | None] = []
        for invoice in invoices:
            header, _ = decode_header(headers[invoice.number], invoice.number)
            if header is None:
                raise RuntimeError("our own header does not read")
            sheet, _ = invoice_to_sheet(invoice, header.identity, header.items)
            if sheet is not None:
                check_sheet(sheet, today, territory)
            read.append(sheet)
        return read

    def _table(self, content: LotContent) -> tuple[SignatureTable, dict[str, bytes]]:
        invoices, table = self._parts(content)
        return table, {invoice.number: invoice.data for invoice in invoices}

    def _parts(self, content: LotContent) -> tuple[Sequence[Invoice], SignatureTable]:
        file, _ = parse_file(content.b2)
        table, _ = decode_signature_table(content.signatures or b"")
        if file is None or table is None:
            raise RuntimeError("our own lot does not read")
        return file.invoices, table

    def _verify(self, tables: Sequence[tuple[SignatureTable, dict[str, bytes]]]) -> None:
        verifier = self._world.payer.verifier
        for table, records in tables:
            verdicts, _ = verifier.verify(table, records, received_at=NOW)
            if any(item.verdict is not Verdict.ACCEPT for item in verdicts):
                raise RuntimeError("our own sheets do not verify")
