"""The operator's process: `python -m vaguemestre.edge.embedded_operator STATE_DIRECTORY [--until-stdin-closes] [--copies FILE]`.

For `process.start_operator`; a person uses `vaguemestre operator serve`. A fault of the environment goes to standard error as one
JSON line (`code`, `values`) and ends with 4.
"""

import json
import os
import sys
import threading
from pathlib import Path

from vaguemestre.core.faults import EnvironmentFault
from vaguemestre.edge.embedded_operator.control import OperatorControl
from vaguemestre.edge.embedded_operator.server import run_operator
from vaguemestre.edge.embedded_operator.settings import StateFiles, load_settings

COPIES = "--copies"


def main(arguments: list[str]) -> int:
    """Serve the state directory named first; 0 when told to stop, 4 when the environment refuses."""
    files = StateFiles(Path(arguments[0]))
    if "--until-stdin-closes" in arguments[1:]:
        threading.Thread(target=_stop_when_stdin_closes, args=(files,), daemon=True).start()
    try:
        copies = Path(arguments[arguments.index(COPIES) + 1]) if COPIES in arguments else None
        run_operator(load_settings(files), files, copies=copies)
    except EnvironmentFault as fault:
        document = {"code": fault.finding.code.code, "values": dict(fault.finding.values)}
        sys.stderr.write(json.dumps(document) + "\n")
        return 4
    return 0


def _stop_when_stdin_closes(files: StateFiles) -> None:
    """End with the parent, however it ended: an operator left behind would keep its ports."""
    while os.read(0, 4096):  # not sys.stdin: its lock, held by this thread, would make Python's own ending fail
        pass
    try:
        OperatorControl(files.directory, timeout_seconds=5.0).stop()
    except Exception:
        os._exit(1)  # not yet, or no longer, answering: there is nothing to save, every promise is already on disk


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
