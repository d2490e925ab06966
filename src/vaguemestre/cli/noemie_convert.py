"""`noemie convert`: a NOEMIE return to JSON, CSV, parquet or NOEMIE, and back from JSON."""

from vaguemestre.cli.toolkit_common import NOEMIE_INPUTS
from vaguemestre.cli.toolkit_convert import convert_command
from vaguemestre.toolkit.noemie.converting import Target
from vaguemestre.toolkit.noemie.converting import convert as converted

convert = convert_command(converted, Target, Target.NOEMIE, NOEMIE_INPUTS, ("entité", "entity"))
