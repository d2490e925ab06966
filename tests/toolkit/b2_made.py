"""Made B2 files for the tests of conversion: any record of the table with any values, and the same with bytes spoiled."""

import sys
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from vaguemestre.core.b2.codec import encode_record
from vaguemestre.core.wire.layouts import B2

sys.path.append(str(Path(__file__).parents[1] / "core"))
sys.path.append(str(Path(__file__).parents[1] / "core" / "b2"))

from b2_samples import PROVIDER, records
from wire_values import record_values

INSIDE = [name for name in B2 if name not in ("000", "999")]
NO_NEWLINE = st.integers(0, 255).filter(lambda byte: byte not in (10, 13, 26))
HEAD, TAIL = records()[0], records()[-1]


@st.composite
def record(draw: st.DrawFn) -> bytes:
    """One record of any type, sound by its layout, of the one provider of the file."""
    name = draw(st.sampled_from(INSIDE))
    values: dict[str, Any] = {**draw(record_values(B2[name])), "provider_number": PROVIDER}
    if "insured_nir" in values:
        values["insured_nir"] = draw(st.text("0123456789AB", min_size=13, max_size=13))
    return encode_record(name, values)


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A record with some bytes after the provider's number that may be anything but an end of line."""
    data = bytearray(draw(record()))
    for at in draw(st.lists(st.integers(10, 127), max_size=4)):
        data[at] = draw(NO_NEWLINE)
    return bytes(data)


def files(one: st.SearchStrategy[bytes], largest: int = 12) -> st.SearchStrategy[bytes]:
    """A file of such records, in any order."""
    return st.lists(one, max_size=largest).map(lambda parts: b"".join([HEAD, *parts, TAIL]))
