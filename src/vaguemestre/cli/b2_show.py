"""`b2 show`: a B2 file as a readable tree, in a terminal or through a pipe. Each record with its fields and its findings."""

from vaguemestre.cli.toolkit_common import B2_INPUTS
from vaguemestre.cli.toolkit_show import show_command
from vaguemestre.toolkit.b2.showing import B2_VIEW
from vaguemestre.toolkit.b2.walking import walk

show = show_command(walk, B2_VIEW, B2_INPUTS)
