"""Draws a snapshot of the world in a terminal: practices, ways with their two healths, every sheet's stage. Decides nothing."""

from collections import Counter

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from vaguemestre.cli.texts import agreed
from vaguemestre.core.findings import Language
from vaguemestre.sim.snapshot import OperatorView, PayerView, PracticeView, Snapshot, WayView
from vaguemestre.tables.lifecycles import SheetState, WayState

_STAGES: dict[SheetState, tuple[str, str, str, str]] = {
    SheetState.RECORDED: ("·", "white", "enregistrée", "recorded"),
    SheetState.IN_LOT: ("▫", "cyan", "en lot", "in lot"),
    SheetState.SEALED: ("▪", "cyan", "scellée", "sealed"),
    SheetState.HANDED_OVER: ("➜", "yellow", "remise", "handed over"),
    SheetState.ACKNOWLEDGED: ("✓", "green", "accusée", "acknowledged"),
    SheetState.SETTLED: ("€", "bold green", "payée", "settled"),
    SheetState.REJECTED: ("✗", "bold red", "rejetée", "rejected"),
    SheetState.CANCELLED: ("-", "dim", "annulée", "cancelled"),
}
"""Stage -> (glyph, style, French, English): a sheet is one glyph, so that a whole practice is seen at a glance."""

_HEALTHS: dict[WayState, tuple[str, str, str, str]] = {
    WayState.OPEN: ("●", "green", "ouvert", "open"),
    WayState.SUSPENDED: ("■", "bold red", "suspendu", "suspended"),
    WayState.REFUSING_CREDENTIALS: ("▲", "bold yellow", "mot de passe refusé", "refusing credentials"),
    WayState.UNREACHABLE: ("○", "bold magenta", "injoignable", "unreachable"),
}


def draw(snapshot: Snapshot, lang: Language, width: int = 100) -> RenderableType:
    """The whole view as one Rich renderable, at most `width` columns wide."""
    french = lang == "fr"
    clock = snapshot.at.strftime("%d/%m/%Y %H:%M" if french else "%Y-%m-%d %H:%M")
    title = f"Vaguemestre · {clock}"
    rows: list[RenderableType] = [_practice(view, lang, width) for view in snapshot.practices]
    return Panel(
        Group(*rows, Text(), _legend(lang), Text(), _around(snapshot, lang), Text(), _events(snapshot, lang)),
        title=title,
        width=width,
        padding=(0, 1),
    )


def euros(cents: int, lang: Language) -> str:
    """`1 234,56 €` or `€1,234.56`."""
    whole, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    grouped = f"{whole:,}"
    return f"{sign}{grouped.replace(',', ' ')},{rest:02d} €" if lang == "fr" else f"{sign}€{grouped}.{rest:02d}"


def _practice(view: PracticeView, lang: Language, width: int) -> RenderableType:
    head = Text.assemble((view.name, "bold"), "  ")
    for way in view.ways:
        head.append_text(_way(way, lang))
    strip = Text(overflow="fold")
    shown = view.stages if len(view.stages) <= width * 3 else ()
    for stage in shown:
        glyph, style, _, _ = _STAGES[stage]
        strip.append(glyph, style)
    if not shown:
        for stage, count in Counter(view.stages).items():
            glyph, style, french, english = _STAGES[stage]
            strip.append(f"{glyph} {count} {french if lang == 'fr' else english}   ", style)
    return Group(head, strip)


def _way(way: WayView, lang: Language) -> Text:
    text = Text("  ")
    text.append(way.name, "bold")
    for state, french, english in ((way.sending, "envoi", "send"), (way.collecting, "relève", "collect")):
        glyph, style, in_french, in_english = _HEALTHS[state]
        word = french if lang == "fr" else english
        label = f" {word} {glyph}" if state is WayState.OPEN else f" {word} {glyph} "
        text.append(label, style)
        if state is not WayState.OPEN:
            text.append(in_french if lang == "fr" else in_english, style)
    return text


def _legend(lang: Language) -> Text:
    text = Text()
    for glyph, style, french, english in _STAGES.values():
        text.append(f"{glyph} ", style)
        text.append(f"{french if lang == 'fr' else english}  ", "dim")
    return text


def _around(snapshot: Snapshot, lang: Language) -> RenderableType:
    return Group(*(_operator(view, lang) for view in snapshot.operators), _payer(snapshot.payer, lang))


def _operator(view: OperatorView, lang: Language) -> Text:
    french = lang == "fr"
    text = Text.assemble(("Opérateur " if french else "Operator ") + view.name, "  ")
    if view.pop3_open:
        text.append("POP3 ouvert" if french else "POP3 open", "green")
    else:
        text.append("POP3 FERMÉ À TOUS" if french else "POP3 CLOSED TO ALL", "bold red")
    counts = (
        f"  {view.sent} envoyés, {view.collected} relevés, {view.refused} refus"
        if french
        else f"  {view.sent} sent, {view.collected} collected, {view.refused} refused"
    )
    return text.append(counts, "dim")


def _payer(view: PayerView, lang: Language) -> Text:
    french = lang == "fr"
    paid = (
        f"versé aux cabinets {euros(view.paid_practice_cents, lang)}, aux patients {euros(view.paid_patient_cents, lang)}"
        if french
        else f"paid to practices {euros(view.paid_practice_cents, lang)}, to patients {euros(view.paid_patient_cents, lang)}"
    )
    counts = (
        f"{view.registered} feuille(s) prise(s) en compte, {view.decided} décidée(s), {view.held} en attente d'une personne"
        if french
        else f"{view.registered} sheet(s) registered, {view.decided} decided, {view.held} held for a person"
    )
    return Text.assemble(("Caisse" if french else "Insurer", "bold"), "  ", agreed(counts, lang), "\n        ", paid)


def _events(snapshot: Snapshot, lang: Language) -> RenderableType:
    return Group(*(Text(f"› {french if lang == 'fr' else english}") for french, english in snapshot.events[-6:]))
