"""A return while it passes: one entity with what is said of it, the invoice that is open, the sums and counts of a stretch."""

from collections.abc import Iterable
from dataclasses import field

from vaguemestre.core.findings import Finding
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.records import Record
from vaguemestre.tables.noemie_order import INVOICE_HEADS


@dataclass(slots=True)
class Entity:
    """One entity: its rank in the file and the offset of its first byte (1-based), its type, the findings that stand at it."""

    rank: int
    offset: int
    record: Record
    name: str
    findings: list[Finding] = field(default_factory=list)

    @property
    def data(self) -> bytes:
        return self.record.data

    def cents(self, name: str, sign: str) -> int:
        """An amount with its sign, in cents."""
        value = self.record.number(name)
        return -value if self.record.raw(sign) == b"N" else value


@dataclass(frozen=True, slots=True)
class Invoice:
    """The entities of one invoice, from its head (100 or 102) on. `whole`: nothing unreadable stood among them."""

    entities: tuple[Entity, ...]
    lot: Entity | None = None
    file: Entity | None = None
    whole: bool = True

    @property
    def head(self) -> Entity:
        return self.entities[0]

    @property
    def is_one(self) -> bool:
        """Whether a head opens it."""
        return self.head.name in INVOICE_HEADS

    def of(self, *names: str) -> list[Entity]:
        """The entities of these types, in their order."""
        return [entity for entity in self.entities if entity.name in names]


@dataclass(slots=True)
class Stretch:
    """What the entities since the start, or since the last total, add up to. Cents; counts."""

    paid_cents: int = 0  # 198
    complementary_cents: int = 0  # 199
    lump_cents: int = 0  # 261, 262
    retained_cents: int = 0  # 250, signed
    invoices: int = 0
    lots: int = 0
    payees: int = 0
    entities: int = 0

    def add(self, entity: Entity) -> None:
        """Count one entity."""
        self.entities += 1
        match entity.name:
            case "198":
                self.paid_cents += entity.cents("amo_paid", "amo_paid_sign")
            case "199":
                self.complementary_cents += entity.cents("amc_paid", "amc_paid_sign")
            case "261":
                self.lump_cents += entity.record.number("lump_payment_amount")
            case "262":
                self.lump_cents += entity.record.number("amount")
            case "250":
                self.retained_cents += entity.cents("movement_amount", "sign")
            case "080":
                self.lots += 1
            case "040":
                self.payees += 1
            case "100" | "102":
                self.invoices += 1

    @property
    def totals(self) -> set[int]:
        """Every sum that a total may mean: the fund's share, with or without each of the others. vgm:noemie-checking."""
        sums = {self.paid_cents}
        for extra in (self.complementary_cents, self.lump_cents, self.retained_cents, -self.retained_cents):
            sums |= {total + extra for total in sums}
        return sums

    @property
    def counts(self) -> Iterable[int]:
        """Every number that a count of what is below may mean."""
        return (self.invoices, self.lots, self.payees, self.entities)
