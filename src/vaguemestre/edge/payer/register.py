"""The payer's register in its store: insured persons, cards, professionals, payees, stations, and dated documents."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from vaguemestre.core import canonical
from vaguemestre.core.directory.opposition import Opposition
from vaguemestre.core.payer.registry import InsuredPerson, IssuedCard, Payee, Professional, StationRecord
from vaguemestre.edge.payer.unit import PayerTable, marks, stamp

_PERSON, _CARD, _PROFESSIONAL, _PAYEE, _STATION, _DOCUMENT = (
    b"person", b"card", b"professional", b"payee", b"station", b"document",
)  # fmt: skip
_KEY_CHECK = "key check"
_CHUNK = 400
T = TypeVar("T")


class RegisterTable(PayerTable):
    """`persons`, `cards`, `professionals`, `payees`, `stations`, `documents`, `revisions`."""

    def put_persons(self, persons: Iterable[InsuredPerson]) -> None:
        """Write persons down, in place of what was known of them."""
        self._many(
            "INSERT OR REPLACE INTO persons (person, body) VALUES (?, ?)",
            [(self._vault.blind(entry.key), self._vault.seal(entry, _PERSON)) for entry in persons],
        )

    def persons(self, keys: Sequence[str]) -> dict[str, InsuredPerson]:
        """The persons of these keys (`Beneficiary.key`) that are known."""
        indexes = [self._vault.blind(key) for key in keys]
        bodies = self._bodies("persons", "person", indexes, InsuredPerson, _PERSON)
        return {key: bodies[index] for key, index in zip(keys, indexes, strict=True) if index in bodies}

    def put_cards(self, cards: Iterable[IssuedCard]) -> None:
        self._many(
            "INSERT OR REPLACE INTO cards (serial, opposed_on, body) VALUES (?, ?, ?)",
            [
                (
                    entry.card.serial,
                    None if entry.opposed_on is None else entry.opposed_on.isoformat(),
                    self._vault.seal(entry, _CARD),
                )
                for entry in cards
            ],
        )
        self._count_revision("cards")

    def cards(self, serials: Sequence[str]) -> dict[str, IssuedCard]:
        return self._bodies("cards", "serial", serials, IssuedCard, _CARD)

    def oppositions(self) -> tuple[Opposition, ...]:
        """The opposition list, serials ascending."""
        rows = self._rows("SELECT serial, opposed_on FROM cards WHERE opposed_on IS NOT NULL ORDER BY serial")
        return tuple(Opposition(serial, date.fromisoformat(since)) for serial, since in rows)

    def put_professionals(self, professionals: Iterable[Professional]) -> None:
        self._many(
            "INSERT OR REPLACE INTO professionals (rpps, billing_number, body) VALUES (?, ?, ?)",
            [(entry.rpps, entry.billing_number, self._vault.seal(entry, _PROFESSIONAL)) for entry in professionals],
        )

    def professionals(self, rpps: Sequence[str]) -> dict[str, Professional]:
        return self._bodies("professionals", "rpps", rpps, Professional, _PROFESSIONAL)

    def put_payees(self, payees: Iterable[Payee]) -> None:
        self._many(
            "INSERT OR REPLACE INTO payees (billing_number, body) VALUES (?, ?)",
            [(entry.billing_number, self._vault.seal(entry, _PAYEE)) for entry in payees],
        )

    def payees(self, billing_numbers: Sequence[str]) -> dict[str, Payee]:
        return self._bodies("payees", "billing_number", billing_numbers, Payee, _PAYEE)

    def put_stations(self, stations: Iterable[StationRecord]) -> None:
        self._many(
            "INSERT OR REPLACE INTO stations (number, body) VALUES (?, ?)",
            [(entry.station.number, self._vault.seal(entry, _STATION)) for entry in stations],
        )
        self._count_revision("stations")

    def stations(self) -> tuple[StationRecord, ...]:
        rows = self._rows("SELECT body FROM stations ORDER BY number")
        return tuple(self._vault.unseal(row[0], StationRecord, _STATION) for row in rows)

    def knows_key(self) -> bool:
        """Whether the store was written with this key; False when it never heard of any. Raises VaultError for another key."""
        row = self._row("SELECT body FROM documents WHERE kind = ? AND sequence = 0", (_KEY_CHECK,))
        if row is not None:
            self._vault.decrypt(row[0], _DOCUMENT)
        return row is not None

    def remember_key(self) -> None:
        """Leave in the store what tells another key from this one, before anything is encrypted with it."""
        self._run(
            "INSERT OR IGNORE INTO documents (kind, sequence, made_at, body) VALUES (?, 0, '', ?)",
            (_KEY_CHECK, self._vault.encrypt(_KEY_CHECK.encode(), _DOCUMENT)),
        )

    def put_document(self, kind: str, sequence: int, value: object, now: datetime) -> None:
        """Keep one dated document; the former ones of its kind stay."""
        self._run(
            "INSERT INTO documents (kind, sequence, made_at, body) VALUES (?, ?, ?, ?)",
            (kind, sequence, stamp(now), self._vault.encrypt(canonical.encode(value), _DOCUMENT)),
        )

    def document(self, kind: str, shape: type[T]) -> tuple[int, T] | None:
        """The latest document of a kind and its sequence number."""
        row = self._row("SELECT sequence, body FROM documents WHERE kind = ? ORDER BY sequence DESC LIMIT 1", (kind,))
        return None if row is None else (row[0], canonical.decode(shape, self._vault.decrypt(row[1], _DOCUMENT)))

    def forget_document(self, kind: str, sequence: int) -> None:
        """Do not keep the body of a document that a later one repeats; its number and its instant stay."""
        self._run("UPDATE documents SET body = x'' WHERE kind = ? AND sequence = ?", (kind, sequence))

    def revisions(self, kinds: Sequence[str]) -> dict[str, int]:
        """How often cards and stations were written, and the latest number of documents of some kinds: a few index look-ups."""
        return dict(
            self._rows(
                "SELECT part, count FROM revisions UNION ALL"
                f" SELECT kind, max(sequence) FROM documents WHERE kind IN ({marks(len(kinds))}) GROUP BY kind ORDER BY 1",
                kinds,
            )
        )

    def _count_revision(self, part: str) -> None:
        self._run(
            "INSERT INTO revisions (part, count) VALUES (?, 1) ON CONFLICT (part) DO UPDATE SET count = count + 1",
            (part,),
        )

    def add_challenge(self, text: str, now: datetime) -> None:
        """Remember what a card is asked to sign."""
        self._run("INSERT INTO challenges (challenge, made_at) VALUES (?, ?)", (text, stamp(now)))

    def use_challenge(self, text: str, made_since: datetime) -> bool:
        """Spend a challenge; False when it was never given, is too old, or served before."""
        sql = "UPDATE challenges SET used_at = made_at WHERE challenge = ? AND used_at IS NULL AND made_at >= ?"
        return self._run(sql, (text, stamp(made_since))) == 1

    def _bodies(self, table: str, column: str, keys: Sequence[Any], shape: type[T], context: bytes) -> dict[Any, T]:
        found: dict[Any, T] = {}
        for start in range(0, len(keys), _CHUNK):
            part = keys[start : start + _CHUNK]
            rows = self._rows(f"SELECT {column}, body FROM {table} WHERE {column} IN ({marks(len(part))})", part)
            found |= {row[0]: self._vault.unseal(row[1], shape, context) for row in rows}
        return found
