"""`b2 convert`: a B2 file to JSON, CSV, parquet or B2, and back from JSON."""

from vaguemestre.cli.toolkit_common import B2_INPUTS
from vaguemestre.cli.toolkit_convert import convert_command
from vaguemestre.toolkit.b2.converting.convert import Target
from vaguemestre.toolkit.b2.converting.convert import convert as converted

convert = convert_command(converted, Target, Target.B2, B2_INPUTS, ("enregistrement", "record"))
