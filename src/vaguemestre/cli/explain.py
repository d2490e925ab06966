"""`vaguemestre explain`: any finding, record, field or code, in plain words."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from vaguemestre.cli.pages import page_width, write_lines
from vaguemestre.cli.shell import ExitCode, JsonOption, LangOption, emit_json, printable
from vaguemestre.cli.texts import say
from vaguemestre.toolkit.explaining import Explanation, near
from vaguemestre.toolkit.explaining import explain as explanations
from vaguemestre.toolkit.page import Line, paragraph, row

_LABELS = 20


def explain(
    codes: Annotated[
        list[str],
        typer.Argument(
            metavar="CODE...",
            help=say(
                "Une anomalie (B005), une zone ([0212], 0212, 2.insured_nir), un enregistrement (4M), une entité NOEMIE "
                "(294), un code d'acte (AMI) ou d'une liste (01).",
                "A finding (B005), a field ([0212], 0212, 2.insured_nir), a record (4M), a NOEMIE entity (294), the code "
                "of an act (AMI) or of a list (01).",
            ),
        ),
    ],
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Every meaning of each code; 1 when one of them has none."""
    found = {code: explanations(code, lang) for code in codes}
    exit_code = ExitCode.DONE if all(found.values()) else ExitCode.FINDINGS
    if as_json:
        asked = [
            {
                "asked": code,
                "meanings": [item.document() for item in items],
                "near": [] if items else list(near(code)),
            }
            for code, items in found.items()
        ]
        emit_json({"exit_code": int(exit_code), "explained": asked})
        return int(exit_code)
    for code, items in found.items():
        for item in items:
            write_lines(_lines(item, page_width()))
        if not items:
            _nothing(code)
    return int(exit_code)


def _lines(item: Explanation, width: int | None) -> Iterator[Line]:
    yield ((item.name, "title"), ("  ", ""), (item.title, "title"), (f"  ({item.kind_word})", "dim"))
    for fact in item.facts:
        yield from paragraph((f"  {fact.label}", "dim"), _LABELS, ((fact.text, ""),), width)
    if item.rows:
        yield ()
    for name, text in item.rows:
        yield from row(("", ""), 4, name, ((text, ""),), 14, width)
    yield ()


def _nothing(code: str) -> None:
    suggestions = near(code)
    words = say("Rien ne porte ce code : ", "Nothing bears this code: ") + printable(code)
    if suggestions:
        words += say(". Vouliez-vous dire ", ". Did you mean ") + ", ".join(suggestions) + say(" ?", "?")
    sys.stderr.write(words + "\n")
