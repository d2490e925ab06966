"""Makes sound B2 invoices of every record, hospital ones too: values drawn field by field, keys, amounts and dates coherent."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from vaguemestre.core.b2.checks import invoice_totals
from vaguemestre.core.b2.codec import B2_RECORDS, encode_record
from vaguemestre.core.b2.writing import FileHead, LotHead, build_file, build_lot
from vaguemestre.core.identifiers import make_nir, make_number, make_rpps
from vaguemestre.core.money import half_up, percent_of
from vaguemestre.core.parties import Destination
from vaguemestre.core.wire.layouts import B2, Absent, Field, Kind
from vaguemestre.core.wire.records import Record
from vaguemestre.tables.b2_code_lists import CODES, PUBLIC_CODES, TOOTH_CODES, TREATMENTS
from vaguemestre.tables.b2_order import COMPLEMENTS, FOLLOWS, LINE_RECORDS, REPEATS_MAX

DAY = date(2022, 4, 27)
FUND = Destination("01", "751", "0000")
PROVIDER = make_number("75199011")
Values = dict[str, Any]
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 '-./"


def names(random: Random, lines: int) -> list[str]:
    """The records of one invoice in a legal order, of about so many lines."""
    walk = ["2", "2S"]
    while walk[-1] != "5":
        choices = [after for after in FOLLOWS[walk[-1]] if after != "2S"]
        done = sum(name in LINE_RECORDS for name in walk)
        if done >= lines and "5" in choices:
            choices = [name for name in choices if name not in LINE_RECORDS]
        elif done < lines:
            choices = [name for name in choices if name != "5"]
        name = random.choice(choices)
        repeats = next((rank for rank, one in enumerate(reversed(walk)) if one != name), len(walk))
        if repeats < REPEATS_MAX.get(name, 99):
            walk.append(name)
    return walk


def drawn(random: Random, entry: Field) -> Any:
    """A legal value of one field that obeys no other rule."""
    listed = CODES.get((entry.record, entry.name)) or PUBLIC_CODES.get((entry.record, entry.name))
    if listed or entry.codes:
        return random.choice(sorted(listed or entry.codes))
    if entry.kind is Kind.DATE:
        return DAY - timedelta(days=random.randrange(0, 20))
    if entry.kind in (Kind.NUMBER, Kind.CENTS):
        return random.randint(1, min(10**entry.length - 1, 5000))
    if entry.kind is Kind.DECIMAL:
        return Decimal(random.randint(1, 10**entry.length - 1)).scaleb(-entry.decimals)
    if entry.kind is Kind.DIGITS:
        return "".join(random.choice("0123456789") for _ in range(entry.length - 1)) + str(random.randint(1, 9))
    return random.choice(_LETTERS[:36]) + "".join(random.choice(_LETTERS) for _ in range(entry.length - 1))


def person(random: Random) -> tuple[str, str]:
    department = random.choice(("75", "13", "2A", "2B", "974"))
    return make_nir(
        random.randint(1, 2), random.randint(0, 99), random.randint(1, 12), department, random.randint(1, 99), 7
    )


def number(random: Random) -> str:
    return make_number(f"75{random.randrange(10**6):06d}")


class Maker:
    """One invoice in the making."""

    def __init__(self, random: Random, invoice_number: str, provider: str = PROVIDER) -> None:
        self.random, self.records = random, list[bytes]()
        self.ranks: dict[str, int] = {}
        self.day = DAY - timedelta(days=random.randrange(0, 20))
        nir, nir_key = person(random)
        self.key: Values = {
            "provider_number": provider, "insured_nir": nir, "insured_nir_key": nir_key, "invoice_number": invoice_number,
        }  # fmt: skip
        self.rank = f"{random.randrange(3):03d}"

    def add(self, name: str, **changes: Any) -> None:
        """One more record; `changes` are fields to set otherwise."""
        if name in LINE_RECORDS:
            self.ranks.clear()
        self.ranks[name] = self.ranks.get(name, 0) + 1
        values = {
            entry.name: drawn(self.random, entry)
            for entry in B2[name].fields
            if not entry.constant
            and entry.kind not in (Kind.FILLER, Kind.OPAQUE)
            and (entry.absent is not Absent.OK or self.random.random() < 0.7)
        }
        made = _MADE.get(name)
        values.update(made(self) if made else {})
        values.update(self.key)
        if "beneficiary_rank" in B2[name].by_name:
            values["beneficiary_rank"] = self.rank
        if "sequence_number" in B2[name].by_name:
            values["sequence_number"] = self.ranks[name]
        if name == "5":
            values.update(ends(self.records))
        self.records.append(encode_record(name, {**values, **changes}))

    def line(self, hospital: bool) -> Values:
        """A line whose amounts follow from each other."""
        random = self.random
        mode, discipline = random.choice(sorted(TREATMENTS))
        price, quantity, coefficient = (
            random.randint(1, 5000),
            random.randint(1, 3),
            random.choice((50, 100, 150, 1000)),
        )
        base = half_up(price * quantity * coefficient, 100)
        rate = random.choice((60, 70, 100))
        fund = percent_of(base, rate)
        charged = base + random.choice((0, 0, 500))
        values: Values = {
            "treatment_mode": mode,
            "tariff_discipline": discipline,
            "act_code": random.choice(("G", "CS", "AMI", "ATU")),
            "copay_exemption_code": "0",
            "quantity": quantity,
            "coefficient": Decimal(coefficient).scaleb(-2),
            "unit_price": price,
            "reimbursement_base": base,
            "reimbursement_rate": rate,
            "amount_payable_by_fund": fund,
            "amount_payable_by_complementary": random.choice((0, charged - fund)),
            "total_charge" if hospital else "fee_total": charged,
            "charge_qualifier": random.choice(("", "", "D", "E")),
        }
        if random.random() < 0.1:
            values |= {
                "charge_qualifier": "N",
                "reimbursement_base": 0,
                "amount_payable_by_fund": 0,
                "amount_payable_by_complementary": 0,
            }
        return values


def head(maker: Maker) -> Values:
    stay = maker.random.choice((maker.key["invoice_number"], "120000001"))
    return {
        "admission_number": stay, "scheme_code": FUND.scheme, "fund_code": FUND.fund, "birth_date": "580412",
        "insurance_nature": "10", "copay_exemption_code": "0", "split_flag": "", "hospitalisation_date": maker.day,
        "admission_date": maker.day, "discharge_date": maker.day, "coverage_established_date": None,
        "work_accident_number": maker.random.choice((number(maker.random), f"000{maker.day:%y%m%d}", None)),
    }  # fmt: skip


def second(maker: Maker) -> Values:
    nir, key = maker.random.choice((person(maker.random), (None, None)))
    return {
        "beneficiary_nir": nir,
        "beneficiary_nir_key": key,
        "attending_doctor_number": maker.random.choice((number(maker.random), None)),
    }


def hospital_line(maker: Maker) -> Values:
    end = maker.day + timedelta(days=maker.random.randrange(3))
    return {
        **maker.line(hospital=True), "start_date": maker.day, "end_date": end, "hospital_coefficient": None,
        "daily_charge_coverage_code": "", "funding_rate": None, "patient_participation_code": "",
    }  # fmt: skip


def fees_line(maker: Maker) -> Values:
    own = number(maker.random)
    prescriber = maker.random.choice((own, number(maker.random), None)) or own
    return {
        **maker.line(hospital=False),
        "care_date": maker.day if prescriber == own else DAY - timedelta(days=maker.random.randrange(20)),
        "prescriber_number": prescriber,
        "performer_number": own,
        "prescriber_specialty": None,
    }


def device(maker: Maker) -> Values:
    gap, quantity = maker.random.randrange(900), maker.random.randint(1, 3)
    return {"unit_gap": gap, "quantity": quantity, "total_gap": gap * quantity}


def medicine(maker: Maker) -> Values:
    """Of a 3H; a 4H has its own names."""
    price, share = maker.random.randrange(900), maker.random.choice((None, Decimal("0.5")))
    values = device(maker)
    total = half_up(price * values["quantity"] * (10_000 if share is None else 5_000), 10_000)
    return {**values, "purchase_unit_price": price, "total_charge": total, "split_coefficient": share}


def external_medicine(maker: Maker) -> Values:
    values = medicine(maker)
    kept = {name: values[name] for name in ("quantity", "total_charge", "split_coefficient")}
    return {"unit_price": values["purchase_unit_price"], **kept}


def identities(maker: Maker) -> Values:
    rpps = make_rpps(maker.random.randrange(999))
    return {"prescriber_rpps": rpps, "performer_rpps": maker.random.choice((rpps, None))}


def biology(maker: Maker) -> Values:
    acts = maker.random.randint(1, 5)
    values: Values = {}
    for rank in range(1, 6):
        given = (maker.day, rank, f"0000{rank}110") if rank <= acts else (None, None, None)
        values |= dict(zip((f"act{rank}_date", f"act{rank}_quantity", f"act{rank}_nabm_code"), given, strict=True))
    return values


def ccam(maker: Maker) -> Values:
    teeth = {f"tooth_{rank}": maker.random.choice((*sorted(TOOTH_CODES), "")) for rank in range(1, 17)}
    association = maker.random.choice(("", "1", "4"))
    return {
        "ccam_code": "HBJD001",
        "activity_code": "1",
        "session_date": None,
        "association_code": association,
        **teeth,
    }


_MADE = {
    "2": head, "2S": second, "3": hospital_line, "3S": lambda m: {"prescriber_number": number(m.random)}, "3F": device,
    "3H": medicine, "3E": lambda m: {"prescriber_rpps": make_rpps(m.random.randrange(99))}, "4": fees_line, "4H": external_medicine,
    "4E": identities, "4B": biology, "4M": ccam,
}  # fmt: skip


def ends(made: list[bytes]) -> dict[str, int]:
    """What record 5 says of these records."""
    records = [Record(plan, data) for data in made if (plan := B2_RECORDS.recognise(data)) is not None]
    counted = sum(record.name in (*LINE_RECORDS, *COMPLEMENTS) for record in records)
    return {"line_record_count": counted, **invoice_totals(records)}


def invoice(random: Random, invoice_number: str, lines: int = 1, provider: str = PROVIDER) -> list[bytes]:
    """The records of one invoice."""
    maker = Maker(random, invoice_number, provider)
    for name in names(random, lines):
        maker.add(name)
    return maker.records


def lot(random: Random, lot_number: int, invoices: int, lines: int = 2) -> bytes:
    numbers = [f"{lot_number:03d}{rank:06d}" for rank in range(1, invoices + 1)]
    own = [b"".join(invoice(random, one, random.randint(1, lines))) for one in numbers]
    return build_lot(LotHead(PROVIDER, FUND, lot_number, DAY, "Hôpital d'Élan"), own)


def whole_file(random: Random, lots: int, invoices: int, lines: int = 2) -> bytes:
    """A file without line ends: so many lots of so many invoices each, of at most about so many lines."""
    head = FileHead(PROVIDER, FUND, "A00001", DAY)
    return build_file(head, [lot(random, rank, invoices, lines) for rank in range(1, lots + 1)])
