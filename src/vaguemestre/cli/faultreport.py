"""The report of our own fault, for the authors: where it happened, and nothing of what was worked on."""

import sys


def write_fault_report(error: Exception) -> str:
    """The report's path, or "stderr" when nothing can be written.

    Frames, line numbers and exception types only: an exception's text or a variable could hold health data.
    """
    import platform
    import tempfile
    import traceback

    lines = ["Vaguemestre: internal fault", f"python {platform.python_version()} on {platform.platform()}", ""]
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    for link in reversed(chain):
        lines.append(f"{type(link).__module__}.{type(link).__qualname__}")
        lines.extend(
            f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(link.__traceback__)
        )
    try:
        with tempfile.NamedTemporaryFile("w", prefix="vaguemestre-fault-", suffix=".txt", delete=False) as report:
            report.write("\n".join(lines) + "\n")
            return report.name
    except OSError:
        sys.stderr.write("\n".join(lines) + "\n")
        return "stderr"
