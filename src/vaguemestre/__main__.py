"""`python -m vaguemestre`: the command line, where the `vaguemestre` command itself is not on the path."""

import sys

from vaguemestre.cli import main

if __name__ == "__main__":  # processes started by `multiprocessing` load this file under another name
    sys.exit(main())
