"""Whatever happens in whatever order, the payer's books balance to the cent and a claim is paid once."""

import tempfile
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from payer_kit import DAY, GP_NUMBER, NOON, line, registration, sheet
from payer_world import PayerWorld, make_world
from vaguemestre.core.caresheet import SheetIdentity
from vaguemestre.core.payer.decision import motive
from vaguemestre.core.payer.ledger import Movement, balances
from vaguemestre.role.payer.adjudicate import adjudicate_pending
from vaguemestre.role.payer.answer import AnswerReport, make_returns
from vaguemestre.role.payer.holds import decide_hold, list_holds
from vaguemestre.role.payer.pay import pay
from vaguemestre.role.payer.status import status

PEOPLE = 4
STEP = st.one_of(
    st.tuples(st.just("sheet"), st.integers(1, PEOPLE + 1), st.booleans(), st.integers(500, 4000), st.integers(0, 3)),
    st.tuples(st.just("correct"), st.integers(1, PEOPLE), st.booleans(), st.integers(500, 4000), st.integers(1, 6)),
    st.tuples(st.just("decide"), st.integers(1, 4)),
    st.tuples(st.just("pay"), st.integers(0, 9)),
    st.tuples(st.just("hold"), st.booleans()),
    st.tuples(st.just("return")),
)


class Story:
    """Plays steps on a payer without its mail: sheets are registered directly."""

    def __init__(self, world: PayerWorld) -> None:
        self.world, self.now, self.serial = world, NOON, 0

    def play(self, step: tuple[object, ...]) -> None:
        match step:
            case ("sheet", int(order), bool(practice), int(cents), int(days)):
                self.register(order, practice, cents, DAY - timedelta(days=days), None)
            case ("correct", int(order), bool(practice), int(cents), int(serial)):
                self.register(order, practice, cents, DAY, serial)
            case ("decide", int(count)):
                adjudicate_pending(self.world.edges, self.now, count)
            case ("pay", int(days)):
                self.now += timedelta(days=days)
                pay(self.world.edges, self.now)
            case ("hold", bool(accepted)):
                for hold in list_holds(self.world.edges)[:1]:
                    decide_hold(self.world.edges, hold.id, accepted, "Mme Roche", "", self.now)
            case ("return",):
                make_returns(self.world.edges, self.now, AnswerReport())

    def register(self, order: int, practice: bool, cents: int, on: date, corrects: int | None) -> None:
        self.serial += 1
        made = sheet(
            self.serial,
            order,
            tiers_payant=practice,
            identity=SheetIdentity(GP_NUMBER, DAY, self.serial),
            lines=(line(cents=cents, on=on),),
            completed_on=DAY,
        )
        claim = str(made.identity) if corrects is None else f"{GP_NUMBER}/{DAY}/{corrects:04d}"
        with self.world.store.unit() as unit:
            indexes = unit.sheets.claim_indexes(made)
            live = unit.sheets.live_claims([index for index, _ in indexes])
            motives = (motive("A012", other="x"),) if live else ()
            entry = registration(made, lot=0, claim=claim, received_on=self.now.date(), motives=motives)
            unit.sheets.register(entry, indexes, self.now)

    def check(self) -> None:
        told = status(self.world.edges, self.now)
        assert told.balanced, told.books
        with self.world.store.view() as unit:
            read = unit._cursor.execute
            entries = [(Movement(kind), cents) for kind, cents in read("SELECT movement, amount_cents FROM entries")]
            assert sum(balances(entries).values()) == 0
            claims = Counter(row[0] for row in read("SELECT claim FROM payments"))
            assert max(claims.values(), default=1) == 1
            transfers = read("SELECT coalesce(sum(amount_cents), 0) FROM transfers WHERE kind <> 'penalty'").fetchone()[
                0
            ]
            assert transfers == told.books.paid_practice + told.books.paid_patient
            claimed = read("SELECT coalesce(sum(claimed_cents), 0) FROM sheets").fetchone()[0]
            assert claimed == told.books.claimed
            owed, charged = read(
                "SELECT coalesce(sum(amount_cents), 0), coalesce(sum(recovered_cents), 0) FROM debts"
            ).fetchone()
            moved = Counter[Movement]()
            for kind, cents in entries:
                moved[kind] += cents
            assert (owed, charged) == (moved[Movement.DEBT], moved[Movement.RECOVER])


@settings(max_examples=40)
@given(st.lists(STEP, min_size=4, max_size=30))
def test_books_balance_whatever_happens(steps: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        story = Story(make_world(Path(directory), people=PEOPLE))
        for step in steps:
            story.play(step)
            story.check()
        for _ in range(3):
            adjudicate_pending(story.world.edges, story.now)
            story.now += timedelta(days=10)
            pay(story.world.edges, story.now)
        story.check()
        assert status(story.world.edges, story.now).books.unpaid == 0
        story.world.store.close()


def test_two_runs_of_one_history_write_the_same_account(tmp_path: Path) -> None:
    """Nothing depends on the order of a set or a clock of its own."""
    accounts = []
    for name in ("a", "b"):
        world = make_world(tmp_path / name)
        story = Story(world)
        for order in (3, 1, 2, 1):
            story.play(("sheet", order, order != 2, 2500, order))
        adjudicate_pending(world.edges, NOON)
        pay(world.edges, datetime(2022, 5, 9, 10, tzinfo=NOON.tzinfo))
        with world.store.view() as unit:
            rows = unit._cursor.execute(
                "SELECT movement, amount_cents, fund, payee, sheet, other, written_on FROM entries"
            )
            accounts.append(rows.fetchall())
    assert accounts[0] == accounts[1]
    assert accounts[0]


_WRITTEN = (
    "care_on, acts, amount_cents, sheet FROM charges",
    "kind, amount_cents, recovered_cents, sheet FROM debts",
    "movement, amount_cents, fund, payee, sheet, other FROM entries",
    "sheet, retained_cents, recovered_cents, paid_cents, debt_cents FROM payments",
)


def _paid(
    directory: Path, played: list[tuple[int, bool, int]], sheets_per_commit: int
) -> list[list[tuple[object, ...]]]:
    """What paying these sheets writes, payee by payee or all of them together."""
    world = make_world(directory, people=PEOPLE)
    edges = replace(world.edges, policy=replace(world.edges.policy, sheets_per_commit=sheets_per_commit))
    story = Story(world)
    for order, practice, days in played:
        story.play(("sheet", order, practice, 2500, days))
    for _ in played:
        story.play(("hold", True))  # several acts of one day are held: a person says that they are no doubles
    adjudicate_pending(world.edges, NOON)
    pay(edges, datetime(2022, 5, 9, 10, tzinfo=NOON.tzinfo))
    with world.store.view() as unit:
        written = [sorted(unit._cursor.execute(f"SELECT {query}").fetchall()) for query in _WRITTEN]
    world.store.close()
    return written


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(1, 2), st.booleans(), st.integers(0, 1)), min_size=2, max_size=14))
def test_sheets_paid_together_count_each_other_as_sheets_paid_apart(played: list[tuple[int, bool, int]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        together, apart = (_paid(Path(directory) / str(count), played, count) for count in (500, 1))
        assert together == apart


def test_the_ceiling_of_a_day_counts_the_sheets_of_one_batch(tmp_path: Path) -> None:
    """Four participations a day of one professional, whoever is paid. css:D160-8."""
    charges, _, _, payments = _paid(tmp_path, [(1, order % 2 == 0, 0) for order in range(7)], 500)
    assert len(payments) == 7
    assert sum(acts for _, acts, _, _ in charges) == 4
