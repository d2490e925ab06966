"""The most memory that a process had."""

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
