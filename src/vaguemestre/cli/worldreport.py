"""The account of a world, as JSON for programs and as text for people. Shows what the auditor found, decides nothing."""

from collections.abc import Iterator, Mapping, Sequence
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
from vaguemestre.tables.spoken import SHEET_STATES_FR

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
_LEAKS_FR = {"nir": "NIR", "name": "nom", "identity": "identité", "care": "soin"}
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
    BreachCode.NOBODY_RECORDED: "la caisse la connaît, mais personne ne l'a enregistrée",
    BreachCode.SEVERAL_PAYMENTS: "{1} paiements {0}",
    BreachCode.SAME_CLAIM_PAID: "une autre feuille de la même demande a été payée aussi",
    BreachCode.SAME_CARE_PAID: "une autre feuille du même soin a été payée aussi",
    BreachCode.SUM_BROKEN: "le total « {0} » n'est pas « {1} »",
    BreachCode.BANK_DIFFERS: "le livre de la caisse et les ordres à la banque diffèrent",
    BreachCode.OTHER_CLAIM_DECIDED: "décidée comme une feuille de la demande {0}, enregistrée comme une de {1}",
    BreachCode.OTHER_SETTLEMENT: "qui doit être payé : {0} ne dit pas ce qui a été enregistré",
    BreachCode.PRACTICE_PAID_FOR_PATIENT: "réglée par le patient, et pourtant le cabinet a été remboursé",
    BreachCode.PAYER_STATE_DIFFERS: "la feuille de la caisse dit {0}, sa décision dit {1}",
    BreachCode.NO_RECEIPT: "le dossier du cabinet la dit {0}, sans aucune réponse qui le dise",
    BreachCode.STATE_NOT_AS_TOLD: "le dossier du cabinet la dit {0}, les réponses qu'il garde disent : {1}",
    BreachCode.NO_ACKNOWLEDGEMENT_KEPT: "accusée au cabinet, mais la caisse ne garde aucun accusé de son lot",
    BreachCode.SETTLED_YET_UNDECIDED: "payée selon le cabinet, mais la caisse n'a rien décidé",
    BreachCode.DENIED_YET_ACCEPTED: "le dossier du cabinet la dit {0}, la caisse l'a acceptée",
    BreachCode.PRACTICE_TOLD_OTHER_DECISION: "le dossier du cabinet porte un autre montant accepté que la décision",
    BreachCode.ENTERED_NOT_DECIDED: "le livre de la caisse accorde un autre montant que la décision",
    BreachCode.PAID_ON_OTHER_DAY: "payée le {0} selon une écriture, le {1} selon une autre",
    BreachCode.OVERDUE: "due le {0} et jamais payée, alors que d'autres l'ont été le {1}",
    BreachCode.ENTERED_NOT_PAID: "le livre de la caisse et le paiement ne portent pas le même montant",
    BreachCode.NO_TRANSFER: "payée, mais aucun ordre à la banque ne la porte",
    BreachCode.OTHER_PAYEE: "{0} nomme un autre bénéficiaire du paiement que la feuille",
    BreachCode.TRANSFER_NOT_ITS_PAYMENTS: "l'ordre à la banque {0} n'est pas la somme des paiements qu'il porte",
}
_VALUES_FR: Mapping[str, str] = {
    **SHEET_STATES_FR,
    Ending.ACKNOWLEDGED_PATIENT_PAID.value: "accusée",
    "registered": "enregistrée",
    "held": "retenue",
    "accepted": "acceptée",
    "partial": "acceptée en partie",
    "practice's store": "le dossier du cabinet",
    "payer's store": "le dossier de la caisse",
    "payment": "le paiement",
    "ledger": "le livre de la caisse",
    "bank order": "l'ordre à la banque",
    Purse.PRACTICE.value: "au cabinet",
    Purse.PATIENT.value: "au patient",
}
_SUMS_FR: Mapping[str, str] = {name: french for name, (french, _) in _AMOUNTS.items()}


def evidence_of(files: WorldFiles) -> Evidence:
    """Where the auditor looks in a world."""
    return Evidence(
        deeds=files.deeds,
        shown=files.shown,
        people=files.secrets,
        practice_stores=files.practice_stores(),
        payer_store=files.payer_store,
        wires=(files.operators, files.carried),
        at_rest=files.anywhere_else(),
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
        "unseen_messages": inquiry.unseen_messages,
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
    """Everything holds, and neither a sheet nor a cent waits."""
    account = inquiry.account
    waiting = account.endings[Ending.WAITING], account.endings[Ending.LOST], account.amounts_cents["waiting"]
    return inquiry.holds and not any(waiting)


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
    words = _SUMS_FR if breach.code is BreachCode.SUM_BROKEN else _VALUES_FR
    values = [" + ".join(words.get(part, part) for part in value.split(" + ")) for value in breach.values]
    identity = "(toutes les feuilles)" if breach.identity == ALL_SHEETS else breach.identity
    return f"{_KINDS_FR[breach.kind]}  {identity}  {_BREACHES_FR[breach.code].format(*values)}"


def print_hanging(console: Console, text: str) -> None:
    """One item of a list: what does not fit on its line goes on under its text, not under its margin."""
    lines = wrap(text, max(20, console.width - 6), break_long_words=False, break_on_hyphens=False)
    console.print("\n".join(("  " if rank == 0 else "      ") + line for rank, line in enumerate(lines)), style="red",
                  highlight=False, soft_wrap=True)  # fmt: skip


def _unfinished(inquiry: Inquiry, lang: Language) -> Iterator[str]:
    """What holds, and yet is not at its end, or was not looked at."""
    account, french = inquiry.account, lang == "fr"
    sheets, cents = account.endings[Ending.WAITING], account.amounts_cents["waiting"]
    if sheets or cents:
        told = f"{sheets} ; {euros(cents, lang)}" if french else f"{sheets}; {euros(cents, lang)}"
        yield (
            f"Feuilles qui attendent encore, et argent : {told}."
            if french
            else f"Sheets and money still waiting: {told}."
        )
    if inquiry.unseen_messages:
        yield (
            f"Messages dont il ne reste pas de copie, et qui n'ont donc pas été fouillés : {inquiry.unseen_messages}."
            if french
            else f"Messages of which no copy was kept, and which were therefore not searched: {inquiry.unseen_messages}."
        )


def _verdict(console: Console, inquiry: Inquiry, lang: Language) -> None:
    french = lang == "fr"
    if inquiry.holds:
        text = (
            "Rien de perdu, rien payé deux fois, rien de lisible en chemin ni au repos ; les comptes tombent juste."
            if french
            else "Nothing lost, nothing paid twice, nothing readable on the way or at rest; the books balance."
        )
        console.print(text, style="bold green")
        for line in _unfinished(inquiry, lang):
            console.print(line, style="yellow", highlight=False)
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
