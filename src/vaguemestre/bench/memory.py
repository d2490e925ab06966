"""The most memory that a process had; as a module that is run, that of one command line in a process of its own."""

import sys
from pathlib import Path


def peak_mib() -> float:
    """The most memory that this process ever had resident. Where the system does not tell (Windows), raises OSError."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except FileNotFoundError:
        pass
    try:
        import resource
    except ImportError as error:
        raise OSError("this system does not tell how much memory a process took") from error
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def weigh(report: str, arguments: list[str]) -> int:
    """Run one command line of ours, and write the peak (MiB) into the file `report`. Gives the command's exit code."""
    from vaguemestre.cli import main

    code = main(arguments)
    Path(report).write_text(str(peak_mib()))
    return code


if __name__ == "__main__":
    sys.exit(weigh(sys.argv[1], sys.argv[2:]))
