"""The account of a world, as JSON for programs and as text for people. Shows what the auditor found, decides nothing."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from vaguemestre.audit.facts import Ending
from vaguemestre.audit.inquiry import Evidence, Inquiry
from vaguemestre.cli.liveview import euros
from vaguemestre.core.findings import Language
from vaguemestre.sim.director import RunFigures
from vaguemestre.sim.worldfiles import WorldFiles

_AMOUNTS = {
    "claimed": ("demandé aux caisses", "claimed from the funds"),
    "accepted": ("accepté", "accepted"),
    "rejected": ("rejeté", "rejected"),
    "waiting": ("en attente", "waiting"),
    "cancelled": ("annulé", "cancelled"),
    "retained": ("retenu (participation, franchise)", "retained (participation, franchise)"),
    "paid_practice": ("payé aux cabinets", "paid to practices"),
    "paid_patient": ("payé aux patients", "paid to patients"),
    "shown_practice": ("annoncé aux cabinets", "shown to practices"),
    "shown_patient": ("annoncé aux patients", "shown to patients"),
}
_ENDINGS = {
    Ending.SETTLED: ("payées en tiers payant", "settled under tiers payant"),
    Ending.ACKNOWLEDGED_PATIENT_PAID: ("accusées, payées par le patient", "acknowledged, paid by the patient"),
    Ending.REJECTED: ("rejetées", "rejected"),
    Ending.WAITING: ("en attente", "waiting"),
    Ending.CANCELLED: ("annulées", "cancelled"),
    Ending.LOST: ("perdues", "lost"),
}


def evidence_of(files: WorldFiles) -> Evidence:
    """Where the auditor looks in a world."""
    return Evidence(
        deeds=files.deeds,
        shown=files.shown,
        people=files.secrets,
        practice_stores=files.practice_stores(),
        payer_store=files.payer_store,
        wires=(files.operators,),
        at_rest=(files.practices, files.payer, files.second_places),
    )


def document(inquiry: Inquiry, figures: RunFigures | None = None) -> dict[str, Any]:
    """The account as one JSON object; `figures` adds what the wall clock and the operators counted."""
    account = inquiry.account
    made: dict[str, Any] = {"sheets": account.sheets}
    made |= {ending.value: account.endings[ending] for ending in Ending}
    made |= {
        "corrections": account.corrections,
        "paid_twice": account.count("paid_twice"),
        "leaks": len(inquiry.leaks),
        "amounts_cents": dict(account.amounts_cents),
        "breaches": [{"kind": it.kind, "sheet": it.identity, "detail": it.detail} for it in inquiry.breaches],
        "leaks_found": [
            {"place": it.place, "kind": it.kind, "subject": it.subject, "sheets": list(it.sheets)}
            for it in inquiry.leaks
        ],
        "balanced": inquiry.holds,
    }
    if figures is not None:
        made |= {
            "operators": figures.operators,
            "rounds": figures.rounds,
            "founding_seconds": round(figures.founding_seconds, 3),
            "seconds": round(figures.seconds, 3),
            "phase_seconds": figures.phase_seconds,
            "sheets_per_second": round(account.sheets / figures.seconds, 1) if figures.seconds else 0.0,
        }
    return made


def succeeded(inquiry: Inquiry) -> bool:
    """Everything holds and nothing waits."""
    return inquiry.holds and inquiry.account.endings[Ending.WAITING] == inquiry.account.endings[Ending.LOST] == 0


def show(console: Console, inquiry: Inquiry, figures: RunFigures | None, lang: Language) -> None:
    """The account for a person: what became of every sheet, where every cent went, and what does not hold."""
    french = lang == "fr"
    account = inquiry.account
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    table.add_column(width=3)
    table.add_column(justify="right")
    table.add_column()
    left = [(str(account.endings[ending]), texts) for ending, texts in _ENDINGS.items()]
    left.insert(0, (str(account.sheets), ("feuilles enregistrées", "sheets recorded")))
    left.append((str(account.corrections), ("feuilles corrigées, en plus", "corrected sheets, besides")))
    right = [(euros(account.amounts_cents[name], lang), texts) for name, texts in _AMOUNTS.items()]
    for rank in range(max(len(left), len(right))):
        first = left[rank] if rank < len(left) else ("", ("", ""))
        second = right[rank] if rank < len(right) else ("", ("", ""))
        table.add_row(first[0], first[1][0 if french else 1], "", second[0], second[1][0 if french else 1])
    console.print(table)
    if figures is not None:
        console.print(_operators(figures.operators, french), style="dim")
    _verdict(console, inquiry, french)


def _operators(operators: Mapping[str, Mapping[str, int]], french: bool) -> str:
    words = ("envoyés", "relevés", "refusés") if french else ("sent", "collected", "refused")
    parts = [
        f"{name} : {counts['sent']} {words[0]}, {counts['collected']} {words[1]}, {counts['refused']} {words[2]}"
        for name, counts in operators.items()
    ]
    return ("Opérateurs  " if french else "Operators  ") + "   ".join(parts)


def _verdict(console: Console, inquiry: Inquiry, french: bool) -> None:
    if inquiry.holds:
        text = (
            "Rien de perdu, rien payé deux fois, rien de lisible en chemin ni au repos ; les comptes tombent juste."
            if french
            else "Nothing lost, nothing paid twice, nothing readable on the way or at rest; the books balance."
        )
        console.print(text, style="bold green")
        return
    title = "L'auditeur a trouvé :" if french else "The auditor found:"
    console.print(title, style="bold red")
    for breach in inquiry.breaches[:20]:
        console.print(f"  {breach.kind}  {breach.identity}  {breach.detail}", style="red", highlight=False)
    for leak in inquiry.leaks[:20]:
        subject = f"personne {leak.subject}" if french else f"person {leak.subject}"
        exposed = ", ".join(leak.sheets[:3])
        console.print(f"  leak  {leak.kind}  {subject}  {exposed}  {leak.place}", style="red", highlight=False)
