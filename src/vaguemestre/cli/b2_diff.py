"""`b2 diff`: what changed from one B2 file to another, as text or as JSON; both are read side by side, in bounded memory."""

import json
import sys
from collections.abc import Iterator
from itertools import chain

from vaguemestre.cli.pages import page_width, write_lines
from vaguemestre.cli.shell import ExitCode, JsonOption, LangOption
from vaguemestre.cli.toolkit_common import B2FileArgument, one_source, refuse
from vaguemestre.core.findings import Language
from vaguemestre.toolkit.b2.diffing import Difference, DiffTally
from vaguemestre.toolkit.b2.diffing import diff as differences
from vaguemestre.toolkit.b2.diffshow import difference_document, difference_lines, summary_lines


def diff(old: B2FileArgument, new: B2FileArgument, lang: LangOption = "fr", as_json: JsonOption = False) -> int:
    """0 when both say the same, 1 when they differ, 3 when one of them cannot be read."""
    tally = DiffTally()
    found = differences(one_source(old), one_source(new), tally)
    first = next(found, None)
    refuse(tally.refused)
    found = found if first is None else chain((first,), found)
    if as_json:
        _write_json(found, tally, lang)
    else:
        for item in found:
            write_lines(difference_lines(item, lang, page_width()))
        write_lines(summary_lines(tally, lang))
    return int(_code(tally))


def _code(tally: DiffTally) -> ExitCode:
    return ExitCode.FINDINGS if tally.different else ExitCode.DONE


def _write_json(found: Iterator[Difference], tally: DiffTally, lang: Language) -> None:
    """One document, written as the differences come: it may be as long as the files."""
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    out = sys.stdout
    out.write('{\n  "differences": [')
    for rank, item in enumerate(found):
        text = json.dumps(difference_document(item, lang), ensure_ascii=plain)
        out.write(("," if rank else "") + "\n    " + text)
    counts = {"same": tally.same, "changed": tally.changed, "added": tally.added, "removed": tally.removed}
    out.write("\n  ],\n" if tally.different else "],\n")
    out.write(f'  "invoices": {json.dumps(counts)},\n  "reordered": {json.dumps(tally.reordered)},\n')
    out.write(f'  "exit_code": {int(_code(tally))}\n}}\n')
