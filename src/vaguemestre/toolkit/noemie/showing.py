"""A NOEMIE return as a readable tree: file, payee and lot, invoice, amounts, acts and rejections. One invoice is held."""

from collections.abc import Iterator

from vaguemestre.tables.noemie_order import INVOICE_ENTITIES, INVOICE_HEADS
from vaguemestre.toolkit import rendering
from vaguemestre.toolkit.noemie.reading import recognised_pieces
from vaguemestre.toolkit.page import Line
from vaguemestre.toolkit.rendering import ShowOptions, Tally, View
from vaguemestre.toolkit.source import Source

_ROUTING = ("010", "020", "040", "070", "071", "081")

NOEMIE_VIEW = View(
    norm="noemie",
    depths={
        **dict.fromkeys(("000", "990", "999"), 0),
        **dict.fromkeys(_ROUTING, 0),
        "080": 0,
        **dict.fromkeys((*INVOICE_HEADS, "250", "261", "262"), 1),
    },
    deepest=2,
    heads={
        "000": (("Retour", "Return"), ("file_identifier", "creation_date")),
        "040": (("Payé à", "Paid to"), ("payment_recipient_number",)),
        "071": (("Virement", "Transfer"), ("accounting_or_transfer_date", "transfer_label_1")),
        "080": (("Lot", "Lot"), ("lot_number", "lot_date")),
        "100": (("Facture", "Invoice"), ("invoice_number",)),
        "102": (("Facture", "Invoice"), ("invoice_number", "invoice_type")),
        "198": (("Part AMO", "Fund's share"), ("amo_state",)),
        "199": (("Part AMC", "Complementary share"), ("amc_state",)),
        "210": (("Acte", "Act"), ("act_nature", "care_or_start_date")),
        "220": (("Séjour", "Stay"), ("act_nature", "care_or_start_date")),
        "290": (("Signalement", "Remark"), ("code", "label")),
        "294": (("Rejet", "Rejection"), ("rejection_code", "rejection_label")),
        "999": (("", ""), ("file_identifier",)),
    },
    keys=frozenset({"break_level"}),
    starts=frozenset(INVOICE_HEADS),
    inside=frozenset((*INVOICE_HEADS, *INVOICE_ENTITIES, "295")),
    spaced=frozenset(("040", "080", *INVOICE_HEADS, "990", "999")),
    counts=(("080",), INVOICE_HEADS, ("210", "220"), ("290", "294")),
    words={
        "fr": "enregistrement,enregistrements lot,lots facture,factures acte,actes rejet,rejets",
        "en": "record,records lot,lots invoice,invoices act,acts rejection,rejections",
    },
)


def show(source: Source, options: ShowOptions, tally: Tally) -> Iterator[Line]:
    """The lines of one return; `tally` is filled on the way. Findings stand at their entity."""
    return rendering.show(recognised_pieces(source), NOEMIE_VIEW, options, tally)
