"""`b2 check`: everything that can be said of B2 files, plain or as one JSON document."""

from vaguemestre.cli.toolkit_common import B2_INPUTS, Judge, check_command
from vaguemestre.toolkit.b2.checking import check_file
from vaguemestre.toolkit.report import CheckReport
from vaguemestre.toolkit.source import Progress, Source


def _judging() -> Judge:
    def judge(source: Source, kept: int, told: Progress | None) -> CheckReport:
        return check_file(source, shown_max=kept, progress=told)

    return judge


check = check_command(_judging, B2_INPUTS)
