"""Ways, mail, answers and what the store knows of itself, in the practice's store."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.findings import Finding
from vaguemestre.core.mail.routing import Health
from vaguemestre.core.parties import Destination
from vaguemestre.core.practice.book import (
    TOUCHED_FACT,
    AnswerLine,
    BookTotals,
    MailRow,
    MailState,
    NewAnswer,
    NewSheetAnswer,
    RestoreRow,
    RestoreState,
    StageCount,
    Told,
    told,
)
from vaguemestre.edge.practice import mail_statements as statements
from vaguemestre.edge.practice import rows
from vaguemestre.edge.practice.schema import (
    answers,
    attempts,
    bundles,
    facts,
    inbox,
    lots,
    restores,
    sheet_answers,
    sheets,
)
from vaguemestre.edge.practice.view import View
from vaguemestre.tables.delivery_outcomes import Leg
from vaguemestre.tables.lifecycles import SheetState


class MailReader(View):
    """Looking ways, mail and answers up."""

    def healths(self) -> dict[tuple[str, Leg], Health]:
        return {(row[0], Leg(row[1])): rows.health_row(row[2:]) for row in self._rows(statements.HEALTHS)}

    def known_messages(self, way: str) -> frozenset[str]:
        """Identifiers of messages that are committed here, and whose deletion over there is not confirmed yet."""
        return frozenset(row[0] for row in self._rows(statements.SEEN, way=way))

    def mail_to_read(self) -> list[int]:
        """Messages committed and not read yet, oldest first."""
        return [row[0] for row in self._rows(statements.IN_STATE, mail_state=MailState.KEPT.value)]

    def mail(self, mail_id: int) -> tuple[MailRow, bytes]:
        """One message with its bytes as they came. Raises LookupError."""
        row = self._row(statements.MAIL, mail=mail_id)
        if row is None:
            raise LookupError(f"no message {mail_id}")
        return rows.mail_row(row), self._vault.decrypt(row[-1], mail_context(row[1]))

    def mails(self, state: MailState, count_max: int = 100) -> list[tuple[MailRow, tuple[Told, ...]]]:
        """Messages in one state with what was said of them, newest first."""
        query = select(*rows.MAIL_COLUMNS, inbox.c.told).where(inbox.c.state == state.value)
        query = query.order_by(inbox.c.id.desc()).limit(count_max)
        return [
            (rows.mail_row(row), self._told(row[-1], mail_context(row[1]))) for row in self._connection.execute(query)
        ]

    def is_applied(self, sender: Destination, kind: str, reference: str) -> bool:
        """Whether this very answer was applied before, whatever sealing brought it."""
        return self._row(statements.ANSWER, by=sender.code, of_kind=kind, under=reference) is not None

    def answers_of_sheet(self, sheet_id: int) -> list[AnswerLine]:
        return self._answer_lines(sheet_answers.c.sheet_id == sheet_id)

    def answers_about_unknown_sheets(self, count_max: int = 100) -> list[tuple[str, str, AnswerLine]]:
        """(billing number, invoice number, line) for sheets that this store does not know, newest first."""
        query = _answer_query().where(sheet_answers.c.sheet_id.is_(None)).order_by(sheet_answers.c.id.desc())
        return [(row[-2], row[-1], self._answer_line(row)) for row in self._connection.execute(query.limit(count_max))]

    def _answer_lines(self, condition: Any) -> list[AnswerLine]:
        query = _answer_query().where(condition).order_by(sheet_answers.c.id)
        return [self._answer_line(row) for row in self._connection.execute(query)]

    def _answer_line(self, row: Row[Any]) -> AnswerLine:
        context = answer_context(row.billing_number, row.invoice_number)
        return AnswerLine(
            row.kind,
            row.sender,
            row.reference,
            date.fromisoformat(row.dated),
            rows.instant(row.applied_at),
            row.verdict,
            None if row.moved_to is None else SheetState(row.moved_to),
            row.claimed_cents,
            row.accepted_cents,
            row.rejected_cents,
            row.paid_cents,
            tuple(item.finding() for item in self._told(row.told, context)),
        )

    def returns_balance(self) -> list[tuple[str, str, date, int, int]]:
        """(sender, reference, dated, expected, paid) of every return, oldest first; cents."""
        columns = (
            answers.c.sender,
            answers.c.reference,
            answers.c.dated,
            answers.c.expected_cents,
            answers.c.paid_cents,
        )
        query = select(*columns).where(answers.c.kind == "return").order_by(answers.c.id)
        return [(row[0], row[1], date.fromisoformat(row[2]), row[3], row[4]) for row in self._connection.execute(query)]

    def fact(self, name: str) -> str | None:
        row = self._row(statements.FACT, name=name)
        return None if row is None else str(row[0])

    def restores(self) -> list[RestoreRow]:
        query = select(restores).order_by(restores.c.number)
        return [
            RestoreRow(
                row[0], date.fromisoformat(row[1]), rows.instant(row[2]), rows.instant(row[3]), RestoreState(row[4])
            )
            for row in self._connection.execute(query)
        ]

    def first_day(self) -> date | None:
        """The day made up of the oldest sheet that this store made itself; None before the first one."""
        query = select(func.min(sheets.c.made_on)).where(func.length(sheets.c.made_on) == 10)
        row = self._connection.execute(query).first()
        return None if row is None or row[0] is None else date.fromisoformat(row[0])

    def last_change(self) -> datetime | None:
        """When a sheet, a lot, an attempt, a message or a hand's change was last written; None for a store that holds none."""
        newest = (
            select(sheets.c.recorded_at).order_by(sheets.c.id.desc()).limit(1),
            select(lots.c.closed_at).order_by(lots.c.id.desc()).limit(1),
            select(attempts.c.started_at).order_by(attempts.c.id.desc()).limit(1),
            select(inbox.c.received_at).order_by(inbox.c.id.desc()).limit(1),
            select(facts.c.value).where(facts.c.name == TOUCHED_FACT),
        )
        return max((rows.instant(value) for value in map(self._connection.scalar, newest) if value), default=None)

    def changed_since(self, moment: datetime) -> bool:
        """Whether anything that `last_change` looks at was written at or after an instant."""
        last = self.last_change()
        return last is not None and last >= moment

    def current_bundle_id(self) -> int | None:
        """Which bundle is in force: cheap, asked before each use of it."""
        row = self._driver.execute("SELECT id FROM bundles WHERE is_current = 1").fetchone()
        return None if row is None else int(row[0])

    def current_bundle(self) -> tuple[int, datetime, bytes] | None:
        """(id, received_at, signed bytes) of the bundle in force."""
        query = select(bundles.c.id, bundles.c.received_at, bundles.c.body, bundles.c.issuer)
        row = self._connection.execute(query.where(bundles.c.is_current == 1)).first()
        if row is None:
            return None
        return row[0], rows.instant(row[1]), self._vault.decrypt(row[2], bundle_context(row[3]))

    def stages(self) -> tuple[StageCount, ...]:
        """Counts and amounts of sheets per state and settlement, read from an index only."""
        grouped = (
            select(
                sheets.c.state,
                sheets.c.settlement,
                func.count(),
                func.sum(sheets.c.fund_cents),
                func.min(sheets.c.deadline),
            )
            .group_by(sheets.c.state, sheets.c.settlement)
            .order_by(sheets.c.state, sheets.c.settlement)
        )
        return tuple(
            StageCount(SheetState(row[0]), Settlement(row[1]), row[2], int(row[3]), date.fromisoformat(row[4]))
            for row in self._connection.execute(grouped)
        )

    def totals(self) -> BookTotals:
        """Counts and amounts per state, and how many messages, paper duplicates and open lots."""
        mail_query = select(inbox.c.state, func.count()).group_by(inbox.c.state)
        mail = {MailState(row[0]): row[1] for row in self._connection.execute(mail_query)}
        on_paper = self._connection.scalar(
            select(func.count()).select_from(sheets).where(sheets.c.on_paper_at.is_not(None))
        )
        open_lots = self._connection.scalar(select(func.count()).select_from(lots).where(lots.c.is_open == 1))
        return BookTotals(self.stages(), int(on_paper or 0), mail, int(open_lots or 0))


class MailWriter(MailReader):
    """Writing them down, inside one transaction."""

    def save_health(self, way: str, leg: Leg, health: Health) -> None:
        values = {
            "state": health.state.value,
            "since": rows.stamp(health.since),
            "next_try_at": rows.stamp(health.next_try_at),
            "last_success_at": rows.stamp_or_none(health.last_success_at),
            "failures": health.failures,
            "reply": health.reply,
        }
        self._run(statements.SAVE_HEALTH, {"name": way, "leg": leg.value, **values})

    def keep_mail(self, digest: str, way: str, uid: str, raw: bytes, now: datetime) -> tuple[int, bool]:
        """Keep one message as it came, once however many ways bring it; gives its id and whether it is new here."""
        known = self._row(statements.MAIL_BY_DIGEST, named=digest)
        mail_id = (
            int(known[0])
            if known is not None
            else self._inserted(
                inbox,
                {
                    "digest": digest,
                    "way": way,
                    "received_at": rows.stamp(now),
                    "state": MailState.KEPT.value,
                    "body": self._vault.encrypt(raw, mail_context(digest)),
                },
            )
        )
        if uid:  # a server without unique identifiers gives none: its messages are recognised by their bytes
            self._run(statements.SEE, {"way": way, "uid": uid, "inbox_id": mail_id})
        return mail_id, known is None

    def forget_deleted(self, way: str) -> None:
        """The server confirmed the deletions: its message numbers may serve again."""
        self._run(statements.FORGET_SEEN, {"way": way})

    def set_mail(
        self,
        mail_id: int,
        state: MailState,
        now: datetime,
        *,
        kind: str | None,
        sender: str | None,
        findings: Sequence[Finding],
    ) -> None:
        """What reading a message gave."""
        (digest,) = self._row(statements.DIGEST, mail=mail_id)
        values = {
            "mail": mail_id,
            "new_state": state.value,
            "at": rows.stamp(now),
            "of_kind": kind,
            "by": sender,
            "codes": _codes(findings),
            "said": self._vault.seal(told(findings), mail_context(digest)) if findings else None,
        }
        self._run(statements.SET_MAIL, values)

    def add_answer(self, new: NewAnswer) -> int:
        """One acknowledgement or return; gives its id. Raises IntegrityError when it was applied before."""
        values = {
            "inbox_id": new.mail_id,
            "reference": new.reference,
            "kind": new.kind,
            "sender": new.sender.code,
            "dated": new.dated.isoformat(),
            "lot": None if new.lot is None else str(new.lot),
            "lot_id": new.lot_id,
            "expected_cents": new.expected_cents,
            "paid_cents": new.paid_cents,
        }
        return self._inserted(answers, values)

    def add_sheet_answers(self, answer_id: int, lines: Iterable[NewSheetAnswer], now: datetime) -> None:
        at = rows.stamp(now)
        parameters = [
            {
                "answer_id": answer_id,
                "rank": line.rank,
                "sheet_id": line.sheet_id,
                "billing_number": line.billing_number,
                "invoice_number": line.invoice_number,
                "verdict": line.verdict,
                "moved_to": None if line.moved_to is None else line.moved_to.value,
                "applied_at": at,
                "claimed_cents": line.claimed_cents,
                "accepted_cents": line.accepted_cents,
                "rejected_cents": line.rejected_cents,
                "paid_cents": line.paid_cents,
                "finding_codes": _codes(line.findings),
                "told": self._vault.seal(told(line.findings), answer_context(line.billing_number, line.invoice_number))
                if line.findings
                else None,
            }
            for line in lines
        ]
        self._insert_many(sheet_answers, parameters)

    def set_fact(self, name: str, value: str) -> None:
        self._run(statements.SET_FACT, {"name": name, "value": value})

    def touch(self, now: datetime) -> None:
        """A person changed something by hand: the next backup must have it."""
        self.set_fact(TOUCHED_FACT, rows.stamp(now))

    def add_restore(self, row: RestoreRow) -> None:
        """One restore as the second place counted it; known ones stay as they are."""
        values = {
            "number": row.number,
            "restored_on": row.restored_on.isoformat(),
            "restored_at": rows.stamp(row.restored_at),
            "backup_taken_at": rows.stamp(row.backup_taken_at),
            "state": row.state.value,
        }
        self._connection.execute(sqlite_insert(restores).values(**values).on_conflict_do_nothing())

    def finish_restore(self, number: int) -> None:
        statement = update(restores).where(restores.c.number == number)
        self._connection.execute(statement.values(state=RestoreState.DONE.value))

    def add_bundle(
        self, issuer: str, sequence: int, issued_at: datetime, received_at: datetime, body: bytes, *, in_force: bool
    ) -> None:
        """Keep a verified bundle; when `in_force` it replaces the one in force. The same bundle again changes nothing.

        Of one that is no longer in force the bytes are not kept here: a new one comes every day, and its message stays.
        """
        if in_force:
            former = update(bundles).where(bundles.c.is_current == 1)
            self._connection.execute(former.values(is_current=0, body=b""))
        values = {
            "issuer": issuer,
            "sequence": sequence,
            "issued_at": rows.stamp(issued_at),
            "received_at": rows.stamp(received_at),
            "is_current": int(in_force),
            "body": self._vault.encrypt(body, bundle_context(issuer)),
        }
        statement = sqlite_insert(bundles).values(**values)
        same = [bundles.c.issuer, bundles.c.sequence, bundles.c.issued_at]
        again = statement.on_conflict_do_nothing(index_elements=same)
        if in_force:
            now_in_force = {"is_current": 1, "body": values["body"]}
            again = statement.on_conflict_do_update(index_elements=same, set_=now_in_force)
        self._connection.execute(again)


def _codes(findings: Iterable[Finding]) -> str:
    return " ".join(dict.fromkeys(item.code.code for item in findings))


def _answer_query() -> Select[Any]:
    line = sheet_answers.c
    return select(
        answers.c.kind,
        answers.c.sender,
        answers.c.reference,
        answers.c.dated,
        line.applied_at,
        line.verdict,
        line.moved_to,
        line.claimed_cents,
        line.accepted_cents,
        line.rejected_cents,
        line.paid_cents,
        line.told,
        line.billing_number,
        line.invoice_number,
    ).join(answers, and_(answers.c.id == line.answer_id))


def mail_context(digest: str) -> bytes:
    """What the bytes of a message are tied to."""
    return f"mail {digest}".encode()


def answer_context(billing_number: str, invoice_number: str) -> bytes:
    """What the reasons of an answer are tied to."""
    return f"answer {billing_number}/{invoice_number}".encode()


def bundle_context(issuer: str) -> bytes:
    """What the bytes of a bundle are tied to."""
    return f"bundle {issuer}".encode()
