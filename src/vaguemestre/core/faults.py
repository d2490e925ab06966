"""The one exception that carries a finding: the machine itself (disk, port, state directory) stops a whole unit of work.

A peer's mistake stays a `Finding` value. An environment that refuses us is nobody's message to judge: it stops the work,
names it, and the command line turns it into exit code 4.
"""

from vaguemestre.core.findings import Finding


class EnvironmentFault(Exception):  # noqa: N818 (the machine is at fault, not this code)
    """The environment refuses to go on; `finding` (area E) says why, to whom, and what to do next."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding
