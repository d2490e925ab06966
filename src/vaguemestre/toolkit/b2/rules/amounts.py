"""Amounts that do not follow from price, coefficient, base and rate. Whole cents; half a cent goes up (fides:04-CF).

Base of a line 4: price x quantity x coefficient, plus a majoration if the act code bears one. The fund's share: base x rate. What
the source leaves open (CCAM modifiers, hospital coefficients, care outside the pathway) is not judged, or never fails a file.
"""

from collections.abc import Iterator, Sequence

from vaguemestre.core.b2.checks import Numbered
from vaguemestre.core.findings import Finding
from vaguemestre.core.money import half_up, percent_of
from vaguemestre.core.wire.layouts import B2
from vaguemestre.core.wire.records import Record
from vaguemestre.tables.sheet_limits import EXEMPTIONS_BELOW_FULL_RATE, FULL_RATE_NATURES
from vaguemestre.tables.tariff.accumulation import ASSOCIATION_PERCENT
from vaguemestre.toolkit.b2.rules.parts import Around, Line, amounts, at_field, lines_of

OUTSIDE_PATHWAY, SPLIT = "S", "F"
THRESHOLD_CODES = frozenset(("1", "C"))
THRESHOLD_PARTICIPATION_CENTS = 2400
"""What stays with the patient of a heavy act. css:R160-16."""
_PARTIAL_EXEMPTIONS = EXEMPTIONS_BELOW_FULL_RATE | {""}
_FEES, _HOSPITAL = "4", "3"
_MODIFIERS = slice(B2["4M"].by_name["modifier_1"].where.start, B2["4M"].by_name["modifier_4"].where.stop)
_TOTALS = {_FEES: "fee_total", _HOSPITAL: "total_charge"}
_WHOLE = 100  # a coefficient of 1, in hundredths
_WHOLE_HOSPITAL = 10_000  # a hospital coefficient of 1, in ten-thousandths


def base_follows(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """[0498] = [0491] x [0481] x [0483], more with a majoration; a lower fee may be the base: B129. fides:04-CF, vgm:b2-base."""
    for line in lines_of(records):
        record = line.record
        if record.name != _FEES or line.has("4M") or _has_unknown_coefficient(line):
            continue
        read = amounts(record, "unit_price", "quantity", "coefficient", "reimbursement_base", "fee_total")
        if read is None or record.raw("charge_qualifier") == b"N":
            continue
        price, quantity, coefficient, base, charged = read
        expected = half_up(price * (quantity or 1) * (coefficient or _WHOLE), 100)
        majored = record.data[79:80] != b" "
        if base == expected or (majored and base > expected):
            continue
        values = {
            "found": base,
            "expected": expected,
            "price": price,
            "quantity": quantity,
            "coefficient": f"{coefficient / 100:.2f}",
        }
        below = base == charged and 0 < base < expected
        code = "B129" if below else "B121" if majored else "B120"
        yield at_field(code, (line.rank, record), "reimbursement_base", around.source, **values)


def ccam_base_follows(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """[0498] = [0491] x association, for an act of one 4M that nothing else changes. vgm:b2-ccam-base, fides:04-CF."""
    for line in lines_of(records):
        acts = [record for _, record in line.complements if record.name == "4M"]
        if line.record.name != _FEES or len(acts) != 1 or _has_unknown_coefficient(line):
            continue
        record, act = line.record, acts[0]
        read = amounts(record, "unit_price", "quantity", "coefficient", "reimbursement_base", "fee_total")
        percent = ASSOCIATION_PERCENT.get(act.text("association_code"))
        if read is None or percent is None or act.raw("practice_cost_supplement") != b" ":
            continue
        price, quantity, coefficient, base, charged = read
        expected = percent_of(price, percent)
        plain = quantity in (0, 1) and coefficient in (0, _WHOLE) and record.data[79:80] == b" "
        if not plain or not act.data[_MODIFIERS].isspace() or record.raw("charge_qualifier") == b"N":
            continue
        if base != expected and not (base == charged and base < expected):
            place = (line.rank, record)
            yield at_field(
                "B139",
                place,
                "reimbursement_base",
                around.source,
                found=base,
                expected=expected,
                price=price,
                percent=percent,
            )


def hospital_base_follows(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """[0383] = [0376] x [0361] x [0365] x [0371], absent coefficients counting as 1. vgm:b2-hospital-base."""
    for rank, record in records:
        if record.name != _HOSPITAL:
            continue
        read = amounts(record, "unit_price", "quantity", "coefficient", "hospital_coefficient", "reimbursement_base")
        if read is None or record.raw("charge_qualifier") == b"N":
            continue
        price, quantity, coefficient, hospital, base = read
        scale = _WHOLE * _WHOLE_HOSPITAL
        expected = half_up(price * (quantity or 1) * (coefficient or _WHOLE) * (hospital or _WHOLE_HOSPITAL), scale)
        if base != expected:
            yield at_field("B127", (rank, record), "reimbursement_base", around.source, found=base, expected=expected)


def fund_share_follows(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """[04108] = [0498] x [04105] and [0394] = [0383] x [0391]; 24 EUR less for a heavy act. fides:05-VF, css:R160-16.

    Outside the pathway the share is the fund's to reduce within a cap: any share up to the base is accepted. A daily charge or a
    funding rate ([0370], [03114]) has rules of its own that were not found.
    """
    outside = any(r.name == "2S" and r.text("care_pathway_indicator") == OUTSIDE_PATHWAY for _, r in records)
    for line in lines_of(records):
        record = line.record
        read = amounts(record, "reimbursement_base", "reimbursement_rate", "amount_payable_by_fund")
        if read is None or (record.name == _HOSPITAL and _has_own_rule(record)):
            continue
        base, rate, fund = read
        expected = percent_of(base, rate)
        if fund == expected or (outside and expected < fund <= base):
            continue
        if fund == max(0, expected - THRESHOLD_PARTICIPATION_CENTS) and _may_keep_24_euros(line):
            continue
        if outside and fund + 1 == expected:  # two roundings: of the share, then of its reduction
            continue
        yield at_field(
            "B122",
            (line.rank, record),
            "amount_payable_by_fund",
            around.source,
            found=fund,
            expected=expected,
            base=base,
            rate=rate,
        )


def shares_fit_the_charge(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """What both insurers pay is at most what was charged. fides:05-VF."""
    for rank, record in records:
        total_name = _TOTALS.get(record.name)
        if total_name is None:
            continue
        read = amounts(record, "amount_payable_by_fund", "amount_payable_by_complementary", total_name)
        if read is not None and read[0] + read[1] > read[2]:
            found = read[0] + read[1]
            yield at_field("B123", (rank, record), total_name, around.source, found=found, expected=read[2])


def unpaid_acts_count_nothing(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """N: no base and no share of the fund; G: no share of anyone. fides:04-CF, fides:05-VF."""
    zero_by_qualifier = {
        b"N": ("reimbursement_base", "amount_payable_by_fund"),
        b"G": ("amount_payable_by_fund", "amount_payable_by_complementary"),
    }
    for numbered in records:
        record = numbered[1]
        if record.name not in _TOTALS:
            continue
        qualifier = record.raw("charge_qualifier")
        for name in zero_by_qualifier.get(qualifier, ()):
            found = record.number(name)
            if found:
                letter = str(qualifier, "ascii")
                yield at_field("B124", numbered, name, around.source, qualifier=letter, found=found, expected=0)


def exemption_means_full_rate(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """An exemption code of a line other than 0 and 9 means 100 %. fides:05-VF."""
    for numbered in records:
        record = numbered[1]
        if record.name not in _TOTALS or _is_unpaid(record):
            continue
        exemption, rate = record.text("copay_exemption_code"), record.number("reimbursement_rate")
        if exemption not in _PARTIAL_EXEMPTIONS and rate != 100:
            yield at_field(
                "B125", numbered, "reimbursement_rate", around.source, exemption=exemption, found=rate, expected=100
            )


def nature_means_full_rate(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """Maternity, work accident and prevention are paid at 100 %. fides:05-VF."""
    first = records[0][1]
    nature = first.text("insurance_nature") if first.name == "2" else ""
    if nature not in FULL_RATE_NATURES:
        return
    for numbered in records:
        record = numbered[1]
        if record.name in _TOTALS and not _is_unpaid(record) and record.number("reimbursement_rate") != 100:
            found = record.number("reimbursement_rate")
            yield at_field(
                "B126", numbered, "reimbursement_rate", around.source, nature=nature, found=found, expected=100
            )


def split_leaves_no_complementary(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """[0295] F: the complementary share travels on its own invoice, so the lines hold none. b2:0295."""
    first = records[0][1]
    if first.name != "2" or first.text("split_flag") != SPLIT:
        return
    for numbered in records:
        name = "amount_payable_by_complementary"
        found = numbered[1].number(name) if numbered[1].name in _TOTALS else 0
        if found:
            yield at_field("B138", numbered, name, around.source, found=found, expected=0)


def _has_unknown_coefficient(line: Line) -> bool:
    """Whether bytes 66-70 of its 4S hold something, which may be a hospital coefficient. vgm:b2-4s-66."""
    return any(r.name == "4S" and r.raw("undescribed_66").strip(b" 0") for _, r in line.complements)


def _has_own_rule(record: Record) -> bool:
    return bool(record.raw("daily_charge_coverage_code").strip(b" 0")) or record.number("funding_rate") not in (0, 100)


def _may_keep_24_euros(line: Line) -> bool:
    if line.record.text("copay_exemption_code") in THRESHOLD_CODES:
        return True
    holders = [line.record] if line.record.name == _HOSPITAL else [r for _, r in line.complements if r.name == "4S"]
    return any(holder.text("patient_participation_code") for holder in holders)


def _is_unpaid(record: Record) -> bool:
    return record.raw("charge_qualifier") in (b"N", b"G")
