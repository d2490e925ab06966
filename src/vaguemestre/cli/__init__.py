"""Command line: verbs are role functions. Joins roles with their edges, shows, asks, decides nothing.

This file is the entry point; `mount.py` is the table of commands, `shell.py` what they share.
"""

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (by default the process's own) and give its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--version"]:
        return _show_version()
    from vaguemestre.cli.texts import LANGUAGE_VARIABLE, language

    if any(item == "--lang" or item.startswith("--lang=") for item in given):
        os.environ[LANGUAGE_VARIABLE] = language(given)  # help texts are chosen while modules load
    from vaguemestre.cli.helppages import speak
    from vaguemestre.cli.root import application
    from vaguemestre.cli.shell import run_guarded

    speak(given)
    return run_guarded(lambda: application()(given, prog_name="vaguemestre", standalone_mode=False), given)


def _show_version() -> int:
    from importlib.metadata import version

    sys.stdout.write(f"vaguemestre {version('vaguemestre')}\n")
    return 0
