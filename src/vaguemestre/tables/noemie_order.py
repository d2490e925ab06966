"""Which NOEMIE entity may follow which: strictly in a return of this project, loosely in anyone's.

The break level that each bears in a return of this project stands here as well. vgm:noemie-return, vgm:noemie-order.
"""

START = ""

FOLLOWS: dict[str, tuple[str, ...]] = {
    START: ("000",),
    "000": ("040",),
    "040": ("071",),
    "071": ("081",),
    "081": ("080", "990"),
    "080": ("102",),
    "102": ("103",),
    "103": ("150",),
    "150": ("198",),
    "198": ("199", "210", "294", "102", "080", "990"),
    "199": ("210", "294", "102", "080", "990"),
    "210": ("210", "294", "102", "080", "990"),
    "294": ("294", "295", "102", "080", "990"),
    "295": ("294", "102", "080", "990"),
    "990": ("999",),
    "999": (),
}
"""`FOLLOWS[entity]`: the entities that may come right after it."""

LOT_LEVEL = "03"
INVOICE_LEVEL = "04"

RETURN_TYPE_ELECTRONIC = "01"
RETURN_TYPE_PAPER = "02"

NATURES: dict[str, str] = {"10": "AS", "13": "AS", "30": "AM", "41": "AT", "90": "AS"}
"""B2 nature d'assurance -> NOEMIE 150; entity 102 keeps the B2 code. noemie:150."""

INVOICE_TYPES: dict[str, str] = {"P": "P", "R": "R", "D": "D"}
"""Payment state of the fund's share -> type of entity 102; the letters exist, their meaning was not found. vgm:noemie-return."""

ROUTING = ("010", "020", "040", "070", "071", "080", "081")
"""Entities of the file above its invoices; each closes the invoice that is open, as 990 does."""

INVOICE_HEADS = ("100", "102")
INVOICE_ENTITIES = ("103", "110", "120", "150", "160", "198", "199", "210", "220", "290", "294")
"""They say something of the invoice that the last head opened."""

NEEDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(INVOICE_ENTITIES, INVOICE_HEADS),
    "120": ("110",),
}
"""`NEEDS[entity]`: one of these has to stand before it since the invoice, or the file, was opened. vgm:noemie-order."""
