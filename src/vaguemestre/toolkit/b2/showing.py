"""A B2 file as a readable tree: file, lot, invoice, lines. Nothing is held but one invoice."""

from collections.abc import Iterator

from vaguemestre.core.wire.layouts import B2
from vaguemestre.tables.b2_order import INVOICE_RECORDS
from vaguemestre.toolkit import rendering
from vaguemestre.toolkit.b2.walking import walk
from vaguemestre.toolkit.page import Line
from vaguemestre.toolkit.rendering import ShowOptions, Tally, View
from vaguemestre.toolkit.source import Source

B2_VIEW = View(
    norm="b2",
    depths={"000": 0, "999": 0, "1": 0, "6": 0, "2": 1, "5": 2, "2S": 2, "3": 2, "4": 2},
    deepest=3,
    heads={
        "000": (("Fichier", "File"), ("file_identifier", "creation_date")),
        "1": (("Lot", "Lot"), ("lot_number", "lot_date", "provider_name")),
        "2": (("Facture", "Invoice"), ("invoice_number",)),
        "3": (("", ""), ("act_code", "start_date", "total_charge")),
        "4": (("", ""), ("act_code", "care_date", "fee_total")),
        "6": (("", ""), ("lot_number",)),
        "999": (("", ""), ("file_identifier",)),
    },
    keys=frozenset({"provider_number", "insured_nir", "insured_nir_key", "beneficiary_rank", "invoice_number"}),
    starts=frozenset({"2"}),
    inside=frozenset(INVOICE_RECORDS),
    spaced=frozenset({"000", "999", "1", "6", "2"}),
    counts=(("1",), ("2",), ("3", "4")),
    words={
        "fr": "enregistrement,enregistrements lot,lots facture,factures ligne,lignes",
        "en": "record,records lot,lots invoice,invoices line,lines",
    },
    numbered=frozenset(name for name in B2 if name[1:] in ("B", "M", "H", "F")),
)


def show(source: Source, options: ShowOptions, tally: Tally) -> Iterator[Line]:
    """The lines of one file; `tally` is filled on the way. Findings stand at their record."""
    return rendering.show(walk(source), B2_VIEW, options, tally)
