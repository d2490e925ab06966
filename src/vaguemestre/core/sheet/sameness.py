"""Whether two sheets tell of the same care, whether a row of a file was already recorded, what a correction changes.

The two texts to compare tell of care: they are kept as keyed hashes only, never in clear. vgm:recorded-twice.
"""

from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal

from vaguemestre.core.caresheet import Act, Beneficiary, CareSheet, DraftSheet


def care_key(draft: DraftSheet) -> str:
    """Who performed which acts, on which days, for which billing number; the patient is told apart by `Beneficiary.key`.

    What a second typing may change without changing the care (settlement, amounts, cover, card) is left out.
    """
    acts = [_act_key(act) for act in draft.acts]
    acts.sort()
    return f"{draft.billing_number}/{draft.performer.rpps}/{'+'.join(acts)}"


def _act_key(act: Act) -> str:
    text = (
        f"{act.performed_on.toordinal()} {act.code} {act.coefficient.normalize()} {act.quantity}"
        f" {act.majoration} {act.sitting} {act.pathology}"
    )
    if act.teeth or act.ccam is not None:
        return f"{text} {act.teeth} {act.ccam}"
    return text


def differences(rejected: CareSheet, draft: DraftSheet) -> tuple[tuple[str, str], ...]:
    """In what a correction is of other care than the sheet that it corrects, in French and in English: each may be the mistake that
    is corrected, or the sign of a wrong file. Acts, amounts and cover are what a correction is for: they are not compared."""
    before, after = rejected.beneficiary, draft.beneficiary
    pairs = (
        ("numéro de facturation", "billing number", rejected.identity.billing_number, draft.billing_number),
        ("NIR de l'assuré", "the insured's NIR", _nir(before), _nir(after)),
        ("date de naissance", "birth date", before.birth_date.iso(), after.birth_date.iso()),
        ("rang de naissance", "birth rank", before.birth_rank, after.birth_rank),
        ("exécutant", "performer", rejected.performer.rpps, draft.performer.rpps),
        (
            "jour des actes",
            "day of the acts",
            _days(line.performed_on for line in rejected.lines),
            _days(act.performed_on for act in draft.acts),
        ),
    )
    return tuple((f"{fr} ({old}, ici {new})", f"{en} ({old}, here {new})") for fr, en, old, new in pairs if old != new)


def _nir(person: Beneficiary) -> str:
    return f"{person.insured_nir}{person.insured_nir_key}"


def _days(days: Iterable[date]) -> str:
    return " ".join(day.isoformat() for day in sorted(set(days)))


def entry_key(draft: DraftSheet, reference: str) -> str:
    """All that a file says of one sheet, however it is written: dates, decimals and columns in any form give one text.

    `reference` is the file's own mark of the sheet, "" when it has none. Values by default are left out, so that a later version
    that knows more columns gives the same text for the same row.
    """
    return f"{reference}\n{_said(draft)}"


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return f"({','.join(map(_said, value))})"
    if isinstance(value, Decimal):
        return str(value.normalize())
    if is_dataclass(value):
        given = ((entry, getattr(value, entry.name)) for entry in fields(value))
        return (
            "{" + ",".join(f"{entry.name}={_said(item)}" for entry, item in given if not _is_default(entry, item)) + "}"
        )
    return str(value)


def _is_default(entry: object, value: object) -> bool:
    default = getattr(entry, "default", MISSING)
    if default is not MISSING:
        return bool(value == default)
    factory = getattr(entry, "default_factory", MISSING)
    return factory is not MISSING and bool(value == factory())
