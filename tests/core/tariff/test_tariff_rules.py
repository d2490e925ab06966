"""Rules that no price of today reaches: thresholds, the 24 EUR, proportional majorations, unknown rates; and the order of rates."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tariff_cases import codes, draft_of, shown_line, valued

from vaguemestre.core.caresheet import Exemption
from vaguemestre.core.findings import Level
from vaguemestre.core.tariff import TariffBook, standard_book
from vaguemestre.core.tariff.bases import coefficient_text
from vaguemestre.core.tariff.rates import PREDICATES
from vaguemestre.tables.rules import BY_KEY
from vaguemestre.tables.tariff.majorations import MAJORATIONS, SHARES
from vaguemestre.tables.tariff.prices import PRICES
from vaguemestre.tables.tariff.rates import ORDER, RATES
from vaguemestre.tables.tariff.retentions import RETENTIONS
from vaguemestre.tables.tariff.shape import Price, PriceKind, Source

DAY = date(2026, 1, 15)
_SOURCE = Source("ccam:test")


def technical(code: str, cents: int, field_25: str, group: str = "ADC", specialty: str = "03") -> Price:
    return Price(
        code, "acte", PriceKind.TECHNICAL, cents, date(2020, 1, 1), None, (specialty,), _SOURCE, group, field_25
    )


HEAVY = TariffBook(
    prices=(
        *PRICES,
        technical("AAAA001", 15000, "2"),
        technical("AAAA002", 11999, "2"),
        technical("BBBB001", 7000, "1"),
        technical("BBBB002", 5000, "1"),
        technical("BBBB003", 4999, "1"),
        technical("CCCC001", 15000, "5"),
        technical("CCCC002", 15000, "3"),
        technical("CCCC003", 2000, "7"),
        technical("DDDD001", 15000, "2", "ADI"),
        technical("FFFF001", 4000, "2"),
        technical("EEEE001", 13975, "1-7", "ADC", "19"),
        Price("K", "K", PriceKind.LETTER, 192, date(2020, 1, 1), None, ("03",), _SOURCE),
        Price("NUIT_K", "nuit", PriceKind.SUPPLEMENT, 500, date(2020, 1, 1), None, ("03",), _SOURCE),
        Price("FERIE_K", "dimanche", PriceKind.SUPPLEMENT, 200, date(2020, 1, 1), None, ("03",), _SOURCE),
        Price("FORFAIT", "hors liste", PriceKind.FLAT, 1000, date(2020, 1, 1), None, ("30",), _SOURCE),
        Price("COE", "examen", PriceKind.CONSULTATION, 4600, date(2020, 1, 1), None, ("01",), _SOURCE),
    )
)


def lines(acts: list[dict[str, Any]], book: TariffBook = HEAVY, **data: Any) -> list[str]:
    entries = [{"on": DAY, **act} for act in acts]
    sheet, _, findings = valued(draft_of({"performer": "03", **data, "acts": entries}), book)
    assert sheet is not None, [item.message() for item in findings]
    return [shown_line(line) for line in sheet.lines]


@pytest.mark.parametrize(
    ("acts", "data", "expected"),
    [
        # css:R160-16: 120 EUR or more is exempt (C), the patient keeps 24 EUR
        ([{"code": "AAAA001"}], {}, ["AAAA001  150.00  100%  126.00  ex C"]),
        ([{"code": "AAAA002"}], {}, ["AAAA002  119.99  70%  83.99"]),
        # fides:05-VF: acts of field 25 = 1 reach it together, and all of them; 24 EUR once, on the dearest
        (
            [{"code": "BBBB002", "association": "1"}, {"code": "BBBB001", "association": "4"}],
            {},
            ["BBBB002  50.00  100%  50.00  ex C", "BBBB001  70.00  100%  46.00  ex C"],
        ),
        (
            [{"code": "BBBB003", "association": "1"}, {"code": "BBBB001", "association": "4"}],
            {},
            ["BBBB003  49.99  70%  34.99", "BBBB001  70.00  70%  49.00"],
        ),
        # the amount compared is the one after association: 150.00 at 50 % stays below
        ([{"code": "AAAA001", "association": "2"}], {}, ["AAAA001  75.00  70%  52.50"]),
        ([{"code": "AAAA001", "association": "3"}], {}, ["AAAA001  112.50  70%  78.75"]),
        # never exempt (5), exempt by nature (3), preventive (7)
        ([{"code": "CCCC001"}], {}, ["CCCC001  150.00  70%  105.00"]),
        ([{"code": "CCCC002"}], {}, ["CCCC002  150.00  100%  150.00  ex C"]),
        ([{"code": "CCCC003"}], {}, ["CCCC003  20.00  100%  20.00  ex 7"]),
        # no 24 EUR: imaging, dentist, long-term illness, maternity, solidarity allowance
        ([{"code": "DDDD001"}], {}, ["DDDD001  150.00  100%  150.00  ex C"]),
        ([{"code": "EEEE001"}], {"performer": "19"}, ["EEEE001  139.75  100%  139.75  ex C"]),
        ([{"code": "AAAA001"}], {"exemption": "4"}, ["AAAA001  150.00  100%  150.00  ex 4"]),
        ([{"code": "AAAA001"}], {"nature": "30"}, ["AAAA001  150.00  100%  150.00"]),
        ([{"code": "AAAA001"}], {"exemption": "9"}, ["AAAA001  150.00  100%  150.00  ex C"]),
        # the 24 EUR stay with the patient, except under the solidarity cover
        ([{"code": "AAAA001"}], {"complementary": "99999997"}, ["AAAA001  150.00  100%  126.00  ex C"]),
        ([{"code": "AAAA001"}], {"solidarity_cover": True}, ["AAAA001  150.00  100%  126.00  ex C  compl 24.00"]),
        # asked by the practice and reached: justified
        ([{"code": "AAAA001", "ground": "C"}], {}, ["AAAA001  150.00  100%  126.00  ex C"]),
        # threshold before the local scheme, which would give less
        ([{"code": "AAAA001"}], {"local_scheme": True}, ["AAAA001  150.00  100%  126.00  ex C"]),
        ([{"code": "K", "coefficient": "60"}], {}, ["K 60  115.20  100%  115.20  ex 1"]),
        # outside the pathway an act covered in full keeps its rate
        ([{"code": "AAAA001"}], {"pathway": "S"}, ["AAAA001  150.00  100%  126.00  ex C"]),
        ([{"code": "AAAA002"}], {"pathway": "S"}, ["AAAA002  119.99  30%  73.39"]),
        ([{"code": "COE"}], {"performer": "01"}, ["COE  46.00  100%  46.00"]),
    ],
)
def test_thresholds(acts: list[dict[str, Any]], data: dict[str, Any], expected: list[str]) -> None:
    assert lines(acts, **data) == expected


@pytest.mark.parametrize(
    ("coefficient", "letter", "expected"),
    [
        # fides:04-CF: night 10 % of coefficient x price, at least the flat amount (5.00), at most 15 prices (28.80)
        ("10", "N", "K 10  24.20  70%  16.94"),  # 19.20 + max(1.92, 5.00)
        ("50", "N", "K 50  105.60  70%  73.92"),  # 96.00 + 9.60
        ("59", "N", "K 59  124.61  70%  87.23"),  # 113.28 + 11.328, rounded once
        ("200", "N", "K 200  412.80  100%  412.80  ex 1"),  # 384.00 + min(38.40, 28.80)
        # holiday 5 %, at least 2.00, at most 8 prices (15.36)
        ("10", "F", "K 10  21.20  70%  14.84"),  # 19.20 + max(0.96, 2.00)
        ("50", "F", "K 50  100.80  70%  70.56"),  # 96.00 + 4.80
        ("200", "F", "K 200  399.36  100%  399.36  ex 1"),  # 384.00 + min(19.20, 15.36)
    ],
)
def test_proportional_majorations(coefficient: str, letter: str, expected: str) -> None:
    sunday = {"on": date(2026, 1, 11), "code": "K", "coefficient": coefficient, "majoration": letter}
    sheet, trace, _ = valued(draft_of({"performer": "03", "acts": [sunday]}), HEAVY)
    assert sheet is not None
    assert [shown_line(line) for line in sheet.lines] == [expected]
    assert any(step.rule in {"base.night_share", "base.sunday_share"} for step in trace)


def test_a_proportional_majoration_without_its_floor_is_refused() -> None:
    book = replace(HEAVY, prices=tuple(price for price in HEAVY.prices if price.code != "NUIT_K"))
    act = {"on": DAY, "code": "K", "coefficient": "10", "majoration": "N"}
    sheet, _, findings = valued(draft_of({"performer": "03", "acts": [act]}), book)
    assert sheet is None
    assert codes(findings, Level.ERROR) == ["T020"]


@pytest.mark.parametrize("day", [date(2022, 4, 27), date(2023, 6, 1), DAY])
def test_the_decrease_outside_the_pathway_is_capped(day: date) -> None:
    assert lines([{"on": day, "code": "AAAA002"}], pathway="S") == ["AAAA002  119.99  30%  73.39"]


@pytest.mark.parametrize(("fee", "refused"), [("47.00", []), ("47.01", ["T062"])])
def test_the_authorised_overrun_is_exact(fee: str, refused: list[str]) -> None:
    """17.5 % of 40.00 is 7.00 sharp: nothing to round up."""
    act = {"on": DAY, "code": "FFFF001", "fee": fee, "qualifier": "A"}
    _, _, findings = valued(draft_of({"performer": "03", "acts": [act]}), HEAVY)
    assert codes(findings, Level.ERROR) == refused


def test_an_unknown_rate_refuses_the_line() -> None:
    sheet, _, findings = valued(draft_of({"performer": "30", "acts": [{"on": DAY, "code": "FORFAIT"}]}), HEAVY)
    assert sheet is None
    assert codes(findings, Level.ERROR) == ["T050"]


def test_a_sheet_without_act_is_refused() -> None:
    sheet, trace, findings = valued(draft_of({"performer": "01", "acts": []}))
    assert (sheet, trace, codes(findings, Level.ERROR)) == (None, (), ["I050"])


def test_the_order_of_rates_is_the_tables() -> None:
    assert tuple(PREDICATES) == tuple(rule.key for rule in ORDER)
    for rule in ORDER:
        exemption = Exemption(rule.code)
        if exemption not in (Exemption.NONE, Exemption.SOLIDARITY):
            assert standard_book().day(DAY)[rule.percent_key] == 100, "an exemption other than 0 and 9 implies 100"


def test_every_rule_that_a_table_names_has_its_sentence() -> None:
    named = {rule.key for rule in ORDER} | {rate.key for rate in RATES} | {rule.key for rule in (*MAJORATIONS, *SHARES)}
    for retention in RETENTIONS:
        named |= {retention.key, f"{retention.key}_day", f"{retention.key}_year"}
        named |= {f"retention.{ground}" for ground in retention.exempt}
    named |= {entry.key for entry in standard_book().exceptions}
    assert named <= set(BY_KEY)


@pytest.mark.parametrize(
    ("hundredths", "text"), [(100, "1"), (150, "1.5"), (1220, "12.2"), (75, "0.75"), (1000, "10"), (5, "0.05")]
)
def test_a_coefficient_in_its_shortest_writing(hundredths: int, text: str) -> None:
    assert coefficient_text(hundredths) == text
    assert Decimal(text) * 100 == hundredths
