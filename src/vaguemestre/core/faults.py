"""The one exception that carries a finding: the machine itself (disk, port, state directory) stops a whole unit of work.

A peer's mistake stays a `Finding` value. An environment that refuses us is nobody's message to judge: it stops the work,
names it, and the command line turns it into exit code 4.
"""

import errno

from vaguemestre.core.findings import Finding, finding


class EnvironmentFault(Exception):  # noqa: N818 (the machine is at fault, not this code)
    """The environment refuses to go on; `finding` (area E) says why, to whom, and what to do next."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


def environment_finding(error: OSError, path: str = "?") -> Finding:
    """The finding (area E) that says what the operating system refused; the path is the only value it shows.

    `path`: what was asked for, for an error that does not name it.
    """
    path = str(error.filename) if error.filename is not None else path
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return finding("E001", path=path)
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return finding("E002", path=path)
        case errno.EADDRINUSE:
            return finding("E003", port=_port_in(error))
        case errno.ENOENT:
            return finding("E004", path=path)
        case errno.EISDIR:
            return finding("E017", path=path)
        case errno.ENOTDIR | errno.EEXIST:
            return finding("E018", path=path)
        case _:
            return finding("E007", path=path, reason=error.strerror or type(error).__name__)


def _port_in(error: OSError) -> str:
    """asyncio names the address only inside its message: `... ('127.0.0.1', 2525): address already in use`."""
    digits = "".join(char if char.isdigit() else " " for char in str(error.strerror or "")).split()
    return digits[-1] if digits else "?"
