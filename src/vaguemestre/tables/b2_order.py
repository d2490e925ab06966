"""Which B2 record may follow which, and how often: the shape of a file, its lots and its invoices, as literal tables.

Sources: `b2:06-TF` for an invoice's records, `b2file:000` for file and lot records.
"""

START = ""

FOLLOWS: dict[str, tuple[str, ...]] = {
    START: ("000",),
    "000": ("1",),
    "1": ("2",),
    "2": ("2S",),
    "2S": ("3", "4"),
    "3": ("3S",),
    "3S": ("3E", "3F", "3H", "3", "4", "5"),
    "3E": ("3F", "3H", "3", "4", "5"),
    "3F": ("3F", "3H", "3", "4", "5"),
    "3H": ("3H", "3", "4", "5"),
    "4": ("4S",),
    "4S": ("4E", "4B", "4H", "4M", "3", "4", "5"),
    "4E": ("4B", "4H", "4M", "3", "4", "5"),
    "4B": ("4B", "4H", "4M", "3", "4", "5"),
    "4H": ("4H", "4M", "3", "4", "5"),
    "4M": ("4M", "3", "4", "5"),
    "5": ("2", "6"),
    "6": ("1", "999"),
    "999": (),
}
"""`FOLLOWS[record]`: the records that may come right after it."""

REPEATS_MAX: dict[str, int] = {"3F": 10, "3H": 10, "4B": 10, "4H": 10, "4M": 26}
"""How many of a repeated complement one act may have; every other record stands once."""

LINES_MAX = 999
"""Lines (records 3 and 4) of one invoice."""

LINE_RECORDS: tuple[str, ...] = ("3", "4")
COMPLEMENTS: tuple[str, ...] = ("3S", "3E", "3F", "3H", "4S", "4E", "4B", "4H", "4M")
INVOICE_RECORDS: tuple[str, ...] = ("2", "2S", *LINE_RECORDS, *COMPLEMENTS, "5")
