"""The account of a world, as JSON for programs and as text for people. Shows what the auditor found, decides nothing."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from vaguemestre.audit.breaches import ALL_SHEETS, Breach, BreachCode
from vaguemestre.audit.facts import Ending, Purse
from vaguemestre.audit.inquiry import Evidence, Inquiry
from vaguemestre.cli.liveview import euros
from vaguemestre.core.findings import Language
from vaguemestre.sim.director import RunFigures
from vaguemestre.sim.worldfiles import WorldFiles

_WIDTH_ANY = 1000
_FIGURE_WIDTH = 16  # the same in both blocks, so that they line up one under the other
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
_KINDS_FR = {"lost": "perdue", "paid_twice": "payée deux fois", "books": "comptes"}
_LEAKS_FR = {"nir": "NIR", "name": "nom"}
_BREACHES_FR: Mapping[BreachCode, str] = {
    BreachCode.ABSENT_AT_PRACTICE: "enregistrée par une personne, absente du dossier du cabinet",
    BreachCode.NEVER_REGISTERED: "le cabinet la croit {0}, la caisse ne l'a jamais enregistrée",
    BreachCode.ABSENT_EVERYWHERE: "aucun cabinet ne la connaît, la caisse ne l'a jamais enregistrée",
    BreachCode.CANCELLED_YET_ALIVE: "annulée par une personne, vivante dans le dossier du cabinet",
    BreachCode.CLAIM_NOT_MADE_UP: "l'accepté et le rejeté ne font pas ce qui était demandé",
    BreachCode.OTHER_CLAIM_AT_PRACTICE: "le dossier du cabinet porte un autre montant demandé que l'enregistré",
    BreachCode.OTHER_CLAIM_AT_PAYER: "le dossier de la caisse porte un autre montant demandé que l'enregistré",
    BreachCode.PAID_NOT_ACCEPTED: "le payé et le retenu ne font pas ce qui était accepté",
    BreachCode.PATIENT_PAID_UNDER_TIERS_PAYANT: "tiers payant, et pourtant le patient a été payé",
    BreachCode.PRACTICE_TOLD_OTHERWISE: "le retour annonce au cabinet un autre montant que le payé",
    BreachCode.PATIENT_TOLD_OTHERWISE: "le relevé montre au patient un autre montant que le payé",
    BreachCode.NOBODY_RECORDED: "de l'argent pour une feuille que personne n'a enregistrée",
    BreachCode.SEVERAL_PAYMENTS: "{1} paiements {0}",
    BreachCode.SAME_CLAIM_PAID: "une autre feuille de la même demande a été payée aussi",
    BreachCode.SAME_CARE_PAID: "une autre feuille du même soin a été payée aussi",
    BreachCode.SUM_BROKEN: "le total « {0} » n'est pas « {1} »",
    BreachCode.BANK_DIFFERS: "le livre de la caisse et les ordres à la banque diffèrent",
}
_VALUES_FR: Mapping[str, str] = {
    Ending.SETTLED.value: "payée",
    Ending.ACKNOWLEDGED_PATIENT_PAID.value: "accusée",
    Purse.PRACTICE.value: "au cabinet",
    Purse.PATIENT.value: "au patient",
    **{name: french for name, (french, _) in _AMOUNTS.items()},
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
        "breaches": [
            {"kind": it.kind, "code": it.code.value, "sheet": it.identity, "detail": it.detail}
            for it in inquiry.breaches
        ],
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
            "cpu_seconds": figures.cpu_seconds,
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
    rank = 0 if french else 1
    sheets = [(str(account.endings[ending]), texts[rank]) for ending, texts in _ENDINGS.items()]
    sheets.insert(0, (str(account.sheets), "feuilles enregistrées" if french else "sheets recorded"))
    sheets.append((str(account.corrections), "feuilles corrigées, en plus" if french else "corrected sheets, besides"))
    money = [(euros(account.amounts_cents[name], lang), texts[rank]) for name, texts in _AMOUNTS.items()]
    beside = _side_by_side(sheets, money)
    if Measurement.get(console, console.options.update_width(_WIDTH_ANY), beside).maximum <= console.width:
        console.print(beside)
    else:
        console.print(_block(sheets))
        console.print()
        console.print(_block(money))
    if figures is not None:
        console.print(_operators(figures.operators, french), style="dim", highlight=False)
    _verdict(console, inquiry, lang)


def _block(rows: Sequence[tuple[str, str]]) -> Table:
    """Figures and their words, one under the other."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right", width=_FIGURE_WIDTH)
    table.add_column()
    for row in rows:
        table.add_row(*row)
    return table


def _side_by_side(left: Sequence[tuple[str, str]], right: Sequence[tuple[str, str]]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    table.add_column(width=3)
    table.add_column(justify="right")
    table.add_column()
    for first, second in zip_longest(left, right, fillvalue=("", "")):
        table.add_row(*first, "", *second)
    return table


def _operators(operators: Mapping[str, Mapping[str, int]], french: bool) -> str:
    """One line per operator."""
    words = ("envoyés", "relevés", "refusés") if french else ("sent", "collected", "refused")
    title, mark = ("Opérateur", " :") if french else ("Operator", ":")
    return "\n".join(
        f"{title} {name}{mark} {counts['sent']} {words[0]}, {counts['collected']} {words[1]}, {counts['refused']} {words[2]}"
        for name, counts in operators.items()
    )


def breach_line(breach: Breach, lang: Language) -> str:
    """One breach for a person: its kind, the sheet, the contradiction in words."""
    if lang != "fr":
        return f"{breach.kind.replace('_', ' ')}  {breach.identity}  {breach.detail}"
    values = [" + ".join(_VALUES_FR.get(part, part) for part in value.split(" + ")) for value in breach.values]
    identity = "(toutes les feuilles)" if breach.identity == ALL_SHEETS else breach.identity
    return f"{_KINDS_FR[breach.kind]}  {identity}  {_BREACHES_FR[breach.code].format(*values)}"


def print_hanging(console: Console, text: str) -> None:
    """One item of a list: what does not fit on its line goes on under its text, not under its margin."""
    lines = wrap(text, max(20, console.width - 6), break_long_words=False, break_on_hyphens=False)
    console.print("\n".join(("  " if rank == 0 else "      ") + line for rank, line in enumerate(lines)), style="red",
                  highlight=False, soft_wrap=True)  # fmt: skip


def _verdict(console: Console, inquiry: Inquiry, lang: Language) -> None:
    french = lang == "fr"
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
        print_hanging(console, breach_line(breach, lang))
    for leak in inquiry.leaks[:20]:
        subject = f"personne {leak.subject}" if french else f"person {leak.subject}"
        exposed = ", ".join(leak.sheets[:3])
        kind = f"lisible  {_LEAKS_FR[leak.kind]}" if french else f"leak  {leak.kind}"
        console.print(f"  {kind}  {subject}  {exposed}  {leak.place}", style="red", highlight=False)
