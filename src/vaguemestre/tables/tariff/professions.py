"""The sets of specialties (b2:0468) that price tables name, and what rates distinguish. Codes: `vaguemestre.tables.specialties`."""

from vaguemestre.tables.specialties import AUXILIARY_FAMILIES, SPECIALTIES, Family

DOCTORS: tuple[str, ...] = tuple(entry.code for entry in SPECIALTIES if entry.family is Family.DOCTOR)

GENERAL_PRACTITIONERS: tuple[str, ...] = ("01", "22", "23")

NOT_SPECIALISTS: tuple[str, ...] = (*GENERAL_PRACTITIONERS, "81", "82", "83", "84", "85")
"""Doctors whom the nomenclature counts among general practitioners. snds:IR_SPE_V."""

SPECIALISTS: tuple[str, ...] = tuple(code for code in DOCTORS if code not in NOT_SPECIALISTS)

PSYCHIATRISTS: tuple[str, ...] = ("17", "32", "33", "75")

SPECIALISTS_BUT_PSYCHIATRISTS: tuple[str, ...] = tuple(code for code in SPECIALISTS if code not in PSYCHIATRISTS)

RATE_FAMILIES: dict[Family, str] = {
    Family.DOCTOR: "doctor",
    Family.DENTIST: "dentist",
    Family.MIDWIFE: "midwife",
    **dict.fromkeys(AUXILIARY_FAMILIES, "auxiliary"),
}
"""Family of a specialty -> what rates and retentions distinguish. Laboratories, pharmacies and others are absent: not verified."""
