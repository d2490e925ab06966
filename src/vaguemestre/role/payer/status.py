"""What the payer knows of its own work, at a glance: messages, sheets, money, answers, what waits. Only counts and sums."""

from datetime import datetime

from vaguemestre.core.payer.intake import Forwarded, SetAside
from vaguemestre.core.payer.ledger import Books
from vaguemestre.core.payer.registry import Publication
from vaguemestre.core.values import dataclass
from vaguemestre.role.payer.edges import PayerEdges
from vaguemestre.role.payer.publish import PUBLICATION


@dataclass(frozen=True, slots=True)
class FundStatus:
    """One fund's account. `faults` names the sums that do not hold."""

    code: str
    name: str
    address: str
    books: Books
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PayerStatus:
    """The whole payer. Amounts in cents."""

    name: str
    at: datetime
    last_message_at: datetime | None
    messages: dict[str, int]
    sheets: dict[str, int]
    lots: dict[str, int]
    outbox: dict[str, int]
    bundle: int  # number of the one in force, 0 before the first
    bundle_issued_at: datetime | None
    bundle_post: dict[str, int]  # addresses by where the newest bundle made for them stands
    open_holds: int
    forwarded: tuple[Forwarded, ...]
    set_aside: tuple[SetAside, ...]
    debts_open_cents: int
    penalties_cents: int
    books: Books
    funds: tuple[FundStatus, ...]

    @property
    def balanced(self) -> bool:
        """Whether every account of this payer balances."""
        return not self.books.faults() and not any(fund.faults for fund in self.funds)


def status(edges: PayerEdges, now: datetime) -> PayerStatus:
    """Everything in one consistent view."""
    with edges.store.view() as unit:
        published = unit.register.document(PUBLICATION, Publication)
        funds = []
        for code, desk in sorted(edges.funds.items()):
            books = unit.ledger.books(code)
            funds.append(FundStatus(code, desk.name_fr, desk.address, books, books.faults()))
        return PayerStatus(
            name=edges.policy.name,
            at=now,
            last_message_at=unit.inbox.last_received_at(),
            messages=unit.inbox.message_counts(),
            sheets=unit.sheets.counts(),
            lots=unit.inbox.lot_counts(),
            outbox=unit.answers.counts(),
            bundle=0 if published is None else published[1].bundle,
            bundle_issued_at=None if published is None else published[1].issued_at,
            bundle_post=unit.answers.bundle_counts(),
            open_holds=len(unit.sheets.open_holds()),
            forwarded=tuple(unit.forwards.all()),
            set_aside=tuple(unit.inbox.set_aside()),
            debts_open_cents=unit.ledger.debts_open_cents(),
            penalties_cents=unit.ledger.penalties_cents(),
            books=unit.ledger.books(),
            funds=tuple(funds),
        )
