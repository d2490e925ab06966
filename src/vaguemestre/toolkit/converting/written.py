"""How a conversion is written, whatever the norm: as one stream of bytes, or as a folder of tables. All of it or nothing."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from vaguemestre.core.wire.layouts import Layout
from vaguemestre.toolkit.converting.order import PARQUET, Form, Order
from vaguemestre.toolkit.converting.outputs import OutputFolder, file_output, joined, named, packed
from vaguemestre.toolkit.converting.tally import Tally

if TYPE_CHECKING:
    from vaguemestre.toolkit.converting.table_shape import Batch


class NothingWritten(Exception):  # noqa: N818 (an ending, not an error)
    """What was read is not to be kept: nothing stays of the output. It never leaves the conversion of one file."""


def write_stream(pieces: Iterable[bytes], order: Order[Form], tally: Tally) -> None:
    """Write the pieces as they come. Raises NothingWritten, OutputExistsError, OSError."""
    with file_output(order.output, force=order.force) as stream:
        with packed(stream, order.gzip) as out:
            for piece in joined(pieces):
                out.write(piece)
        _judge(tally)


def write_folder(batches: "Iterable[Batch]", order: Order[Form], tally: Tally, layouts: Mapping[str, Layout]) -> None:
    """Write the batches as they come, one table per record type. Raises NothingWritten, OutputExistsError, OSError."""
    from vaguemestre.toolkit.converting.tables import TableKind, file_names, write_tables

    kind = TableKind.PARQUET if order.target == PARQUET else TableKind.EXCEL if order.excel else TableKind.CSV
    with named(order.output), OutputFolder(Path(order.output), file_names(kind, layouts), force=order.force) as folder:
        write_tables(batches, folder, kind, layouts)
        _judge(tally)


def table_source(name: str) -> str:
    """The name of the input that tables show; a byte of a name that is no character is shown as `?`."""
    return Path(name).name.encode("utf-8", "replace").decode("utf-8")


def _judge(tally: Tally) -> None:
    """Raises NothingWritten when what was read is not to be kept."""
    if tally.refused or not tally.recognised:
        raise NothingWritten
