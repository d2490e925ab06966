"""`noemie check`: everything that can be said of NOEMIE returns, plain or as one JSON document."""

from vaguemestre.cli.toolkit_common import NOEMIE_INPUTS, Judge, check_command
from vaguemestre.toolkit.noemie.checking import check_file
from vaguemestre.toolkit.report import CheckReport
from vaguemestre.toolkit.source import Progress, Source


def _judging() -> Judge:
    known: dict[bytes, str] = {}  # one return may stand in several inputs of a run

    def judge(source: Source, kept: int, told: Progress | None) -> CheckReport:
        return check_file(source, known, shown_max=kept, progress=told)

    return judge


check = check_command(_judging, NOEMIE_INPUTS)
