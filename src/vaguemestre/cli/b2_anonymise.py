"""`b2 anonymise`: a copy of a B2 file in which nobody can be recognised, to send to a vendor."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from vaguemestre.cli.shell import ExitCode, JsonOption, LangOption, emit_json, fail, finding_document, report_findings
from vaguemestre.cli.texts import say
from vaguemestre.cli.toolkit_common import B2FileArgument, one_source, refuse
from vaguemestre.core.findings import Language, Place, finding
from vaguemestre.edge.randomness import SystemRandomness
from vaguemestre.toolkit.b2.anonymising import AnonymiseTally
from vaguemestre.toolkit.b2.anonymising import anonymise as anonymised
from vaguemestre.toolkit.converting.outputs import STANDARD_OUTPUT, OutputExistsError, file_output
from vaguemestre.toolkit.pseudonyms import SECRET_BYTES
from vaguemestre.toolkit.source import STANDARD_INPUT


def anonymise(
    file: B2FileArgument,
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", metavar="OUT", help=say("Fichier, ou - pour la sortie.", "File, or - for output.")
        ),
    ],
    key: Annotated[
        Path | None,
        typer.Option(
            "--key",
            metavar="FILE",
            help=say(
                "Fichier secret (32 octets au moins) : le même donne toujours les mêmes valeurs. Qui l'a peut vérifier une "
                "identité devinée. Sans lui, un secret tiré au sort, jamais écrit : irréversible.",
                "Secret file (at least 32 bytes): the same one always gives the same values. Who has it can check a guessed "
                "identity. Without it a secret is drawn and never written: irreversible.",
            ),
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help=say("Remplacer ce qui existe.", "Replace what exists."))
    ] = False,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """0 written, 1 written but something was blanked or left out, 3 when nothing could be read."""
    source = one_source(file)
    if file != STANDARD_INPUT and Path(file).exists() and Path(output).exists() and os.path.samefile(file, output):
        raise typer.BadParameter(
            say("c'est le fichier lu lui-même", "this is the very file that is read"), param_hint="-o"
        )
    if as_json and output == STANDARD_OUTPUT:
        raise typer.BadParameter(say("le JSON y va déjà", "the JSON goes there already"), param_hint="-o")
    secret = SystemRandomness().draw(SECRET_BYTES) if key is None else _secret(key)
    tally = AnonymiseTally()
    pieces = anonymised(source, secret, tally)
    first = next(pieces, b"")
    refuse(tally.refused)
    try:
        with file_output(output, force=force) as stream:
            stream.write(first)
            for piece in pieces:
                stream.write(piece)
    except OutputExistsError as error:
        fail(error.finding, ExitCode.USAGE)
    return _report(tally, output, lang, as_json=as_json)


def _secret(path: Path) -> bytes:
    secret = path.read_bytes()
    if len(secret) < SECRET_BYTES:
        raise typer.BadParameter(
            say(
                f"un secret d'au moins {SECRET_BYTES} octets est attendu",
                f"a secret of at least {SECRET_BYTES} bytes is expected",
            ),
            param_hint="--key",
        )
    return secret


def _report(tally: AnonymiseTally, output: str, lang: Language, *, as_json: bool) -> int:
    """What was done, on standard error: the output may be the file itself. As JSON, on standard output."""
    blanked = tally.blanked + tally.lost
    findings = [finding("J020", Place(), count=blanked)] if blanked else []
    if tally.stopped is not None:
        findings.append(tally.stopped)
    code = ExitCode.FINDINGS if findings else ExitCode.DONE
    if as_json:
        counts = {"records": tally.records, "invoices": tally.invoices, "blanked": blanked}
        shown = [finding_document(item, lang) for item in findings]
        emit_json({"exit_code": int(code), "output": output, **counts, "findings": shown})
        return int(code)
    done = say(
        f"Enregistrements\u00a0: {tally.records}, factures\u00a0: {tally.invoices}. Les actes, montants, caisses et années de "
        "naissance restent lisibles : ne publiez pas ce fichier.",
        f"Records: {tally.records}, invoices: {tally.invoices}. Acts, amounts, funds and years of birth can still be read: do "
        "not publish this file.",
    )
    sys.stderr.write(done + "\n")
    report_findings(findings, lang=lang)
    return int(code)
