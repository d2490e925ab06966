"""The director: founds a world, plays its plan round by round, drains what waits, and leaves everything for the auditor.

Within a round the payer posts the answers that it made in the round before, while the practices record and send; mail then
settles; the practices collect. All the while the payer works on the messages that it had taken when the round began. Everything
that one of them reads was there before it began, so a run repeats for its seed.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from vaguemestre.audit.facts import append_deeds
from vaguemestre.core.mail.operator_policy import Service
from vaguemestre.core.money import shown
from vaguemestre.core.seal.sealing import KeyKind
from vaguemestre.core.values import dataclass
from vaguemestre.edge.embedded_operator.process import OperatorProcess
from vaguemestre.sim.actor import Actor
from vaguemestre.sim.foundation import Foundation, found_world
from vaguemestre.sim.payer_host import PayerHost
from vaguemestre.sim.people import Person, make_people
from vaguemestre.sim.plan import Round, drain_rounds, plan_run, plan_sample_day
from vaguemestre.sim.practice_host import DayPart, PracticeHost, RoundReport
from vaguemestre.sim.practices import BY_KEY, PRACTICES
from vaguemestre.sim.sabotage import Sabotage, sabotage
from vaguemestre.sim.sample_day import carried_file, sample_people, sample_visits
from vaguemestre.sim.snapshot import OperatorView, PayerView, Snapshot
from vaguemestre.sim.visits import PlannedVisit, people_needed
from vaguemestre.sim.worldfiles import WorldFiles

_CLOSED_OPERATOR = "a"
_MAIL_SETTLES_SECONDS = 120.0
_EVENTS_KEPT = 60  # more than one phase ever tells
_NOON_HOUR = 12
_REJECTED = ("R004", "R003")  # by a return, by an acknowledgement


@dataclass(frozen=True, slots=True)
class RunSettings:
    """One run. `sheets` None plays the shipped sample day.

    Once `close_pop_after` sheets are recorded, operator `a` closes POP3 to every program (0: never).
    """

    root: Path
    sheets: int | None
    seed: int = 1
    close_pop_after: int = 0
    kind: KeyKind = KeyKind.RSA_2048
    workers: int = 2
    sabotage: Sabotage | None = None


@dataclass(frozen=True, slots=True)
class RunFigures:
    """What the clock on the wall, the processors' and the operators counted; `cpu_seconds` of the same stretch as `seconds`."""

    founding_seconds: float
    seconds: float
    operators: dict[str, dict[str, int]]
    rounds: int
    phase_seconds: dict[str, float]
    cpu_seconds: dict[str, float]
    findings: tuple[tuple[str, str], ...]


class Director:
    """Runs one world from its founding to its last account.

    `look` is given a snapshot after each phase, when wanted; `recorded` how many sheets more people have recorded.
    """

    def __init__(
        self,
        settings: RunSettings,
        look: Callable[[Snapshot], None] | None = None,
        recorded: Callable[[int], None] | None = None,
    ) -> None:
        self._settings = settings
        self._files = WorldFiles(settings.root)
        self._look = look
        self._recorded = recorded
        self._events: list[tuple[str, str]] = []
        self._findings: list[tuple[str, str]] = []
        self._operators: dict[str, OperatorProcess] = {}
        self._workers: list[Actor] = []
        self._paid_cents = 0
        self._closed_pop3 = False
        self._unanswered = 0  # sheets that waited for an answer when the last round of the drain ended
        self._phase_seconds: defaultdict[str, float] = defaultdict(float)

    def run(self) -> RunFigures:
        """Play the whole story. Whatever happens, every process started here is stopped."""
        begun = perf_counter()
        with ExitStack() as stack:
            people = self._people()
            first = self._plan()[0][0].at
            foundation = found_world(self._files, people, self._settings.kind, first, stack)
            self._operators = foundation.operators
            self._start_actors(foundation, people, first, stack)
            before = self._cpu_seconds()
            founded = perf_counter()
            rounds, last = self._play()
            seconds = perf_counter() - founded
            worked = {name: round(spent - before[name], 3) for name, spent in self._cpu_seconds().items()}
            self._show_patients(people, last)
            figures = {name: self._counts(operator) for name, operator in self._operators.items()}
            if self._settings.sabotage is not None:
                sabotage(self._settings.sabotage, self._files, self._operators)
        phases = {name: round(spent, 3) for name, spent in self._phase_seconds.items()}
        return RunFigures(founded - begun, seconds, figures, rounds, phases, worked, tuple(self._findings))

    # --- the plan

    def _people(self) -> list[Person]:
        if self._settings.sheets is None:
            return list(sample_people().values())
        return make_people(self._settings.seed, people_needed(self._settings.sheets))

    def _plan(self) -> list[tuple[Round, str, Any]]:
        """The rounds, each with the call that makes people act and what to tell them."""
        settings = self._settings
        if settings.sheets is not None:
            return [(entry, "act", entry.shares) for entry in plan_run(settings.sheets, settings.close_pop_after)]
        planned = plan_sample_day(sample_visits(sample_people()), settings.close_pop_after)
        noon = next(rank for rank, (entry, _) in enumerate(planned) if entry.at.hour >= _NOON_HOUR)
        return [
            (
                entry,
                "act_out",
                DayPart(
                    tuple((it.practice, PlannedVisit(it.person, it.entered, it.draft)) for it in part),
                    (("speech", carried_file()),) if rank == noon else (),
                ),
            )
            for rank, (entry, part) in enumerate(planned)
        ]

    def _play(self) -> tuple[int, datetime]:
        """Every round; gives their number and the last instant."""
        count = 0
        plan = self._plan()
        for entry, act, told in plan:
            self._round(entry, act, told)
            count += 1
        for entry in drain_rounds(plan[-1][0].at, lambda: self._unanswered > 0):
            self._round(entry, "correct", None)
            count += 1
            self._unanswered, unpaid = self._waiting()
            if not self._unanswered + unpaid and not self._payer.call("outstanding", entry.at):
                break
        return count, entry.at

    def _waiting(self) -> tuple[int, int]:
        """How many sheets wait for an answer, and how many for their money."""
        self._begin_each("unfinished")
        found = self._results()
        return sum(answer for answer, _ in found), sum(money for _, money in found)

    # --- one round

    def _round(self, entry: Round, act: str, told: Any) -> None:
        """People act and the practices send, while the payer posts; mail settles; collect, while the payer works."""
        if entry.close_pop3:
            self._close_pop3()
        self._payer.call("set_clock", entry.at)
        taken = self._payer.call("taken")
        with self._timed("practices act and send"):
            self._payer.begin("post", entry.at)
            self._begin_each(act, told, entry.at)
            self._hear_payer()
            self._payer.begin("work", entry.at, taken)
            self._take_in(self._results())
        with self._timed("mail settles"):
            self._settle_mail()
        if self._look is not None:  # whoever looks sees the round's work done
            self._hear_payer()
        self._show(entry.at)
        with self._timed("practices collect"):
            self._begin_each("collect", entry.at)
            reports = self._results()
        self._take_in(reports)
        with self._timed("payer still works"):
            self._hear_payer()
        self._show(entry.at)

    def _hear_payer(self) -> None:
        """Wait for what the payer is doing, if anything, and keep what it has to say."""
        if self._payer.busy:
            self._findings += [("payer", text) for text in self._payer.result().findings]

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        begun = perf_counter()
        yield
        self._phase_seconds[phase] += perf_counter() - begun

    def _begin_each(self, method: str, *arguments: Any) -> None:
        for worker in self._workers:
            worker.begin(method, *arguments)

    def _results(self) -> list[Any]:
        return [worker.result() for worker in self._workers]

    def _take_in(self, reports: list[RoundReport]) -> None:
        for report in reports:
            append_deeds(self._files.deeds, report.deeds)
            if self._recorded is not None:
                self._recorded(sum(not deed.is_correction for deed in report.deeds))
            self._findings += report.findings
            self._tell_of(report)

    def _tell_of(self, report: RoundReport) -> None:
        """What of this is worth a line of the live view."""
        for key, text in report.findings:
            if text.startswith(_REJECTED):
                sheet, name = text.partition("(")[2].rstrip(")").partition(",")[0], BY_KEY[key].name
                self._tell(
                    f"{name} : la feuille {sheet} est rejetée, avec sa raison.", f"{name}: sheet {sheet} is rejected."
                )
        for deed in report.deeds:
            if deed.is_correction:
                self._tell(
                    f"Corrigée : {deed.identity} remplace {deed.claim}.", f"{deed.identity} corrects {deed.claim}."
                )

    def _tell_of_money(self, at: datetime, view: PayerView) -> None:
        paid = view.paid_practice_cents + view.paid_patient_cents
        if paid > self._paid_cents:
            more = paid - self._paid_cents
            self._tell(
                f"{at:%d/%m} : la caisse paie {shown(more)}.", f"{at:%Y-%m-%d}: the funds pay {shown(more, 'en')}."
            )
        self._paid_cents = paid

    def _settle_mail(self) -> None:
        """Wait until every operator has passed on what it took: then all that was sent is in a mailbox or at the payer."""
        for operator in self._operators.values():
            if not operator.wait_until_idle(_MAIL_SETTLES_SECONDS):
                raise RuntimeError("an operator still holds mail that it cannot pass on")

    def _close_pop3(self) -> None:
        self._operators[_CLOSED_OPERATOR].suspend(Service.POP3)
        self._closed_pop3 = True
        self._tell(
            f"L'opérateur {_CLOSED_OPERATOR} ferme POP3 à tous les programmes : ce qui est dans ses boîtes y reste.",
            f"Operator {_CLOSED_OPERATOR} closes POP3 to every program: what is in its mailboxes stays there.",
        )

    # --- founding and looking

    def _start_actors(self, foundation: Foundation, people: list[Person], first: datetime, stack: ExitStack) -> None:
        root = self._files.root
        self._payer = _actor(stack, "payer", PayerHost, root, first)
        port = self._payer.call("port")
        for operator in self._operators.values():
            operator.control.set_routes([(domain, "127.0.0.1", port) for domain in foundation.payer_domains])
        keys = [practice.key for practice in PRACTICES]
        count = max(1, min(self._settings.workers, len(keys)))
        seed = self._settings.seed
        self._workers = [  # they give way to the payer, who works alone on what all of them send: a round waits for it last
            _actor(stack, f"practices-{rank}", PracticeHost, root, keys[rank::count], seed, people, gives_way=True)
            for rank in range(count)
        ]

    def _show_patients(self, people: list[Person], at: datetime) -> None:
        """Every patient opens the statement, with a new card in place of an opposed one; the record keeps what it showed."""
        cards = [(person.replacement_card() if person.opposed else person).card_serial for person in people]
        shown, told = self._payer.call("shown_to_patients", cards, at)
        self._findings += [("patients", text) for text in told]
        self._files.shown.write_text(json.dumps(shown), encoding="utf-8")

    def _cpu_seconds(self) -> dict[str, float]:
        """What each kind of process has worked so far."""
        return {
            "practices": sum(worker.cpu_seconds() for worker in self._workers),
            "payer": self._payer.cpu_seconds(),
            "operators": sum(operator.control.cpu_seconds() for operator in self._operators.values()),
            "director": process_time(),
        }

    def _counts(self, operator: OperatorProcess) -> dict[str, int]:
        figures = operator.figures()
        return {"sent": figures.sent, "collected": figures.collected, "refused": figures.refused}

    def _tell(self, french: str, english: str) -> None:
        self._events.append((french, english))

    def _show(self, at: datetime) -> None:
        if self._look is None:
            return
        self._begin_each("views", at)
        views = [view for report in self._results() for view in report]
        operators = tuple(
            OperatorView(name, not (self._closed_pop3 and name == _CLOSED_OPERATOR), **self._counts(operator))
            for name, operator in self._operators.items()
        )
        views.sort(key=lambda view: [practice.name for practice in PRACTICES].index(view.name))
        payer = self._payer.call("view", at)
        self._tell_of_money(at, payer)
        self._look(Snapshot(at, tuple(views), operators, payer, tuple(self._events[-_EVENTS_KEPT:])))


def _actor(stack: ExitStack, name: str, factory: Callable[..., Any], *arguments: Any, gives_way: bool = False) -> Actor:
    actor = Actor(name, factory, *arguments, gives_way=gives_way)
    stack.callback(actor.stop)
    actor.result()
    return actor
