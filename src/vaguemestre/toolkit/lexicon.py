"""The words of the wire: what a record, a field and a code are called, in French or English, and how a value reads.

Every meaning comes from a table (`tables/labels`, schemes, specialties, prices); what no table says is shown as it stands.
"""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Literal

from vaguemestre.core.findings import Finding, Language
from vaguemestre.core.money import shown
from vaguemestre.core.wire.layouts import B2, NOEMIE, Field, Kind
from vaguemestre.core.wire.records import Record, Value
from vaguemestre.tables.labels.acts import ACTS_EN
from vaguemestre.tables.labels.code_lists import CODE_LISTS
from vaguemestre.tables.labels.fields import BY_ID, BY_NAME
from vaguemestre.tables.labels.records import B2_RECORDS, NOEMIE_ENTITIES
from vaguemestre.tables.tariff.prices import PRICES

Norm = Literal["b2", "noemie"]

_TITLES = {"b2": B2_RECORDS, "noemie": NOEMIE_ENTITIES}
_MEANINGS: dict[tuple[str, str], dict[str, tuple[str, str]]] = {
    (norm, name): {code.code: (code.fr, code.en) for code in entry.codes}
    for entry in CODE_LISTS
    for norm in entry.norms
    for name in entry.fields
}
_MAJORATIONS = {
    code.code: (code.fr, code.en) for entry in CODE_LISTS if entry.key == "majoration" for code in entry.codes
}
_ACTS_FR = {price.code: price.label_fr for price in reversed(PRICES)}
_ENGLISH = {
    entry.label_fr: BY_ID.get(entry.field_id) or BY_NAME[entry.name]
    for family in (B2, NOEMIE)
    for layout in family.values()
    for entry in layout.fields
    if entry.name in BY_NAME
}
_NIR_NAMES = frozenset({"insured_nir", "beneficiary_nir"})
_BIRTH_NAMES = frozenset({"birth_date", "beneficiary_birth_date"})
_RATES = frozenset({"reimbursement_rate", "funding_rate", "alsace_moselle_rate", "complementary_rate"})
_ACT_NAMES = frozenset({"act_code", "act_nature"})
_ZEROS_MEAN = frozenset({"copay_exemption_code", "entitlement_proof_nature"})  # their code 0 says something


def record_title(norm: Norm, name: str, lang: Language) -> str:
    """What the record or entity is, in a few words; its own name when no table says."""
    words = _TITLES[norm].get(name)
    return name if words is None else words[0 if lang == "fr" else 1]


def field_label(entry: Field, lang: Language) -> str:
    """The field's label: the norm's own in French, this project's translation in English."""
    if lang == "fr":
        return entry.label_fr
    return BY_ID.get(entry.field_id) or BY_NAME.get(entry.name) or entry.label_fr


def worded(item: Finding, lang: Language) -> Finding:
    """The finding with the label of its field in the language of the reader: the norm's own labels are French."""
    label = item.values.get("label")
    if lang == "fr" or label is None:
        return item
    spoken = BY_ID.get(item.place.field) or _ENGLISH.get(label)
    return item if spoken is None else replace(item, values={**item.values, "label": spoken})


def meaning(norm: Norm, name: str, code: str, lang: Language) -> str:
    """What a code of field `name` (a layout's `name_en`) means, "" when no list says."""
    words = _MEANINGS.get((norm, name), {}).get(code)
    return "" if words is None else words[0 if lang == "fr" else 1]


def act_meaning(code: str, lang: Language) -> str:
    """What an act code is called: a key letter with its majoration, or a CCAM code. "" when no table says."""
    code, majoration = (code[:4].rstrip(), code[4:]) if len(code) == 5 else (code, "")
    words = _ACTS_FR.get(code, "") if lang == "fr" else ACTS_EN.get(code, _ACTS_FR.get(code, ""))
    extra = _MAJORATIONS.get(majoration)
    return f"{words}, {extra[0 if lang == 'fr' else 1]}" if words and extra else words


def is_empty(entry: Field, raw: bytes) -> bool:
    """Whether the field says nothing: spaces, or zeros where zeros are no code of the field's list."""
    if not raw.strip(b" \0"):
        return True
    if entry.kind is Kind.TEXT or entry.kind is Kind.FILLER or raw.strip(b"0"):
        return False
    return entry.name not in _ZEROS_MEAN


def readable(norm: Norm, entry: Field, raw: bytes, value: Value, lang: Language) -> str:
    """The field's value for a person: date, euros, coefficient, grouped NIR; what is no value stands between quotes."""
    if value is None:
        return _quoted(raw, lang) if raw.strip(b"0 ") else "-"
    if entry.kind is Kind.CENTS and isinstance(value, int):
        return shown(value, lang)
    if isinstance(value, Decimal):
        return str(value).replace(".", ",") if lang == "fr" else str(value)
    if isinstance(value, date):
        return shown_date(value, lang)
    if entry.kind is Kind.OPAQUE:
        return _quoted(raw, lang)
    if entry.name in _RATES:
        return f"{value}\u00a0%"
    return _readable_text(entry, str(value), lang)


def value_of(norm: Norm, record: Record, entry: Field, lang: Language) -> str:
    """`readable` of one field of a record."""
    return readable(norm, entry, record.data[entry.where], record[entry.name], lang)


def meaning_of(norm: Norm, entry: Field, raw: bytes, lang: Language) -> str:
    """What the field's code means, "" when it is no code or no table says."""
    text = str(raw, "latin-1").rstrip(" ")
    if entry.name in _ACT_NAMES or entry.name == "ccam_code":
        return act_meaning(text, lang)
    found = meaning(norm, entry.name, text, lang)
    if not found and entry.name == "work_accident_number" and accident_day(text) is not None:
        return "date de l'accident" if lang == "fr" else "date of the accident"
    return found


def shown_date(day: date, lang: Language) -> str:
    """27/04/2022 in French, 2022-04-27 in English."""
    return f"{day.day:02d}/{day.month:02d}/{day.year}" if lang == "fr" else day.isoformat()


def accident_day(digits: str) -> tuple[str, str, str] | None:
    """(year, month, day), two digits each, when [0286] holds a date as 000AAMMJJ. b2:0286."""
    if len(digits) != 9 or not digits.startswith("000") or not digits.strip("0"):
        return None
    return digits[3:5], digits[5:7], digits[7:9]


def grouped_nir(nir: str) -> str:
    """1 82 09 2A 997 002, as printed on a card; anything else as it is."""
    if re.fullmatch(r"[0-9]{5}[0-9][0-9AB][0-9]{6}", nir) is None:
        return nir
    return f"{nir[0]} {nir[1:3]} {nir[3:5]} {nir[5:7]} {nir[7:10]} {nir[10:]}"


def _readable_text(entry: Field, text: str, lang: Language) -> str:
    if entry.name in _NIR_NAMES:
        return grouped_nir(text)
    if entry.name in _BIRTH_NAMES and len(text) == 6 and "01" <= text[2:4] <= "12":
        return _short_date((text[:2], text[2:4], text[4:]), lang)  # the century is not written
    if entry.name == "work_accident_number":
        day = accident_day(text)
        return text if day is None else _short_date(day, lang)
    return text


def _short_date(day: tuple[str, str, str], lang: Language) -> str:
    year, month, rest = day
    return f"{rest}/{month}/{year}" if lang == "fr" else f"{year}-{month}-{rest}"


def _quoted(raw: bytes, lang: Language) -> str:
    text = str(raw, "latin-1")
    return f"« {text} »" if lang == "fr" else f'"{text}"'
