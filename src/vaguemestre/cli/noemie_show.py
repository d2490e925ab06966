"""`noemie show`: a NOEMIE return as a readable tree, in a terminal or through a pipe. Each entity with its fields and findings."""

from vaguemestre.cli.toolkit_common import NOEMIE_INPUTS
from vaguemestre.cli.toolkit_show import show_command
from vaguemestre.toolkit.noemie.reading import recognised_pieces
from vaguemestre.toolkit.noemie.showing import NOEMIE_VIEW

show = show_command(recognised_pieces, NOEMIE_VIEW, NOEMIE_INPUTS)
