"""`vaguemestre bench`: this machine's figures, measured in one run, beside its own RSA, P-256 and disk rates."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from vaguemestre.bench.catalogue import GROUPS, NAMES, Group, chosen, steps_of, take
from vaguemestre.bench.figure import Bench, Figure, Unit
from vaguemestre.cli.shell import ExitCode, JsonOption, LangOption, emit_json, progress
from vaguemestre.cli.texts import say
from vaguemestre.core.findings import Language
from vaguemestre.sim.credentials import shared_pool

Measured = Mapping[Group, list[Figure]]


def bench(
    figures: Annotated[
        str,
        typer.Argument(
            metavar=say("[GROUPE]", "[GROUP]"),
            help=say("Un seul groupe de chiffres : ", "One group of figures: ") + ", ".join(NAMES) + ".",
            show_default=False,
        ),
    ] = "",
    only: Annotated[
        str,
        typer.Option(
            "--only",
            metavar="NOM" if say("fr", "en") == "fr" else "NAME",
            help=say("Comme GROUPE.", "As GROUP."),
        ),
    ] = "",
    quick: Annotated[
        bool,
        typer.Option("--quick", help=say("Moins de mesures : des chiffres grossiers.", "Fewer rounds: rough figures.")),
    ] = False,
    markdown: Annotated[
        bool,
        typer.Option("--markdown", help=say("En Markdown, pour une page.", "As Markdown, for a page.")),
    ] = False,
    disk: Annotated[
        Path | None,
        typer.Option(
            "--disk", metavar="DIR", help=say("Dossier du disque à mesurer.", "Directory of the disk to measure.")
        ),
    ] = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> None:
    """Measure and show. Every figure comes from the real code; a target that is not reached is said, and is no error."""
    try:
        groups = chosen(figures or only)
    except KeyError:
        raise typer.BadParameter(
            say(f"les groupes sont {', '.join(NAMES)}", f"the groups are {', '.join(NAMES)}"),
            param_hint="--only" if only and not figures else say("GROUPE", "GROUP"),
        ) from None
    root = Path(tempfile.mkdtemp(prefix="vaguemestre-bench-", dir=disk))
    measured: dict[Group, list[Figure]] = {}
    try:
        with progress(steps_of(groups, quick), say("Mesures", "Measuring"), as_json=as_json) as advance:
            for group in groups:
                measured[group] = take(group, Bench(root, shared_pool(), quick, advance))
    finally:
        shutil.rmtree(root, ignore_errors=True)
    if as_json:
        emit_json(_document(measured))
    elif markdown:
        print("\n".join(_page(measured, lang)))
    else:
        _show(Console(), measured, lang)


bench.__doc__ = say(
    """Les chiffres de cette machine, mesurés d'une traite, à côté de ses propres opérations RSA, P-256 et disque.

    Exemples : vaguemestre bench --quick · vaguemestre bench b2 --json""",
    """This machine's figures, measured in one run, beside its own RSA, P-256 and disk operations.

    Examples: vaguemestre bench --quick · vaguemestre bench b2 --json""",
)


def _document(measured: Measured) -> dict[str, object]:
    return {
        "exit_code": int(ExitCode.DONE),
        "figures": [
            {
                "group": group.name,
                "name": figure.name,
                "value": figure.value,
                "unit": figure.unit.value,
                "target": figure.target,
                "at_least": figure.at_least,
                "reached": figure.reached,
            }
            for group, figures in measured.items()
            for figure in figures
        ],
    }


def _rows(measured: Measured, figures: list[Figure], lang: Language) -> Iterator[tuple[str, str, str, str]]:
    """What is measured, its value, the target, whether it is reached; a stage's cost also in verifications."""
    verify = next((1e6 / one.value for one in measured.get(GROUPS[0], ()) if one.name == "rsa-verify"), 0.0)
    for figure in figures:
        value = shown(figure.value, figure.unit, lang)
        if figure.unit is Unit.MICROSECONDS and verify:
            value += f"  ({number(figure.value / verify, 1, lang)} x RSA)"
        target, reached = "", ""
        if figure.target is not None:
            target = f"{'>=' if figure.at_least else '<'} {shown(figure.target, figure.unit, lang)}"
            reached = {("fr", True): "oui", ("fr", False): "non", ("en", True): "yes", ("en", False): "no"}[
                lang, bool(figure.reached)
            ]
        yield figure.fr if lang == "fr" else figure.en, value, target, reached


def shown(value: float, unit: Unit, lang: Language) -> str:
    """A value with its unit, in the language's own digits."""
    decimals = {Unit.RATIO: 2, Unit.MILLISECONDS: 2, Unit.MEBIBYTES: 1}.get(unit, 0)
    word = {"fr": "par seconde", "en": "per second"}[lang] if unit is Unit.PER_SECOND else unit.value
    return f"{number(value, decimals, lang)} {'' if unit in (Unit.RATIO, Unit.COUNT) else word}".rstrip()


def number(value: float, decimals: int, lang: Language) -> str:
    """Digits in groups of three, as the language writes them."""
    text = f"{value:,.{decimals}f}"
    return text.replace(",", "\u202f").replace(".", ",") if lang == "fr" else text


def _heads(lang: Language) -> tuple[str, str, str, str]:
    return ("", "mesuré", "visé", "atteint") if lang == "fr" else ("", "measured", "target", "reached")


def _show(console: Console, measured: Measured, lang: Language) -> None:
    for group, figures in measured.items():
        table = Table(title=group.fr if lang == "fr" else group.en, title_justify="left", show_edge=False)
        for rank, head in enumerate(_heads(lang)):
            table.add_column(head, justify="left" if rank in (0, 3) else "right", no_wrap=rank > 0)
        for row in _rows(measured, figures, lang):
            table.add_row(*row)
        console.print(table)
        console.print()


def _page(measured: Measured, lang: Language) -> Iterator[str]:
    for group, figures in measured.items():
        yield f"## {group.fr if lang == 'fr' else group.en}\n"
        yield "| " + " | ".join(_heads(lang)) + " |"
        yield "|---|---:|---:|---|"
        for row in _rows(measured, figures, lang):
            yield "| " + " | ".join(row) + " |"
        yield ""
