"""What the 16 items may hold at most, from the widths of the B2 fields that carry them, and the teeth of the norm."""

ACTS_MAX = 249
"""[0539] counts at most 999 records, four for each act. b2:0539."""

QUANTITY_MAX = 99
"""b2:0481."""

COEFFICIENT_MAX = 9999
"""Whole part; two decimals follow. b2:0483."""

AMOUNT_MAX_CENTS = 9_999_999
"""b2:0498, b2:04108, b2:04115."""

COMPLEMENTARY_MAX_CENTS = 999_999
"""b2:04123."""

KILOMETRES_MAX = 999
"""More in one journey is a slip of the keyboard. vgm:entry-format."""

TEETH_MAX = 16
"""b2:4M101."""

COMPLEMENTARY_BODY_MAX = 10
"""Characters. b2:02119."""

AGE_MAX_YEARS = 130
"""A birth further back is a slip of the keyboard. vgm:entry-format."""

TEETH: frozenset[str] = frozenset(
    [f"{quadrant}{tooth}" for quadrant in range(1, 5) for tooth in range(1, 9)]
    + [f"{quadrant}{tooth}" for quadrant in range(5, 9) for tooth in range(1, 6)]
    + ["00", "01", "02", "10", "20", "30", "40"]
)
"""Permanent and milk teeth, the mouth, the jaws and the quadrants. iso3950:5."""

FULL_RATE_NATURES = frozenset({"30", "41", "90"})
"""Maternity, work accident, prevention: 100 % and no exemption code. fides:05-VF."""

EXEMPTIONS_BELOW_FULL_RATE = frozenset({"0", "9"})
"""Any other exemption code implies a rate of 100. fides:05-VF."""
