"""What must hold for any sheet: shares add up, nothing is negative or above the fee, exemptions imply 100 %, the payer agrees."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tariff_cases import draft_of, valued

from vaguemestre.core.caresheet import ChargeQualifier, Exemption
from vaguemestre.core.findings import Level
from vaguemestre.core.money import cents_of, euros_of, half_up, percent_of, plain, shown
from vaguemestre.core.tariff import patient_cents, payable_cents, standard_book, value_claim
from vaguemestre.core.tariff.book import in_force
from vaguemestre.tables.tariff.prices import PRICES
from vaguemestre.tables.tariff.shape import PriceKind

_SPECIALTIES = ["01", "03", "19", "21", "22", "24", "26", "28", "29", "33", "36", "86"]
_days = st.one_of(
    st.sampled_from([date(2022, 4, 27), date(2026, 1, 15), date(2022, 4, 24), date(2023, 10, 15)]),
    st.integers(0, 3000).map(lambda offset: date(2019, 1, 1) + timedelta(days=offset)),
)


def _seldom(value: st.SearchStrategy[Any], otherwise: Any) -> st.SearchStrategy[Any]:
    """Mostly `otherwise`, so that most sheets are valued; refusals are drawn too."""
    return st.integers(0, 11).flatmap(lambda roll: value if roll == 0 else st.just(otherwise))


@st.composite
def _acts(draw: st.DrawFn, day: date, specialty: str) -> dict[str, Any]:
    priced = [price for price in PRICES if specialty in price.specialties and in_force(price, day)]
    usable = [price for price in priced if price.kind is not PriceKind.SUPPLEMENT]
    price = draw(st.sampled_from(usable))
    act: dict[str, Any] = {"on": day, "code": price.code}
    if price.kind is PriceKind.LETTER:
        act["coefficient"] = str(Decimal(draw(st.integers(1, 7000))) / 100)
        act["quantity"] = draw(st.sampled_from([1, 1, 1, 2, 5]))
        if specialty in ("24", "26", "86"):
            act["travel"] = draw(_seldom(st.just(True), False))
            act["kilometres"] = draw(st.sampled_from([0, 0, 0, 7]))
            act["majoration"] = draw(_seldom(st.sampled_from(["N", "F"]), ""))
    if draw(st.booleans()):
        act["fee"] = plain(draw(st.integers(0, 20_000)))
    act["qualifier"] = draw(_seldom(st.sampled_from(["N", "G", "E", "A"]), ""))
    act["ground"] = draw(_seldom(st.sampled_from(["3", "4", "5", "7", "9", "C", "1"]), "0"))
    return act


@st.composite
def _sheets(draw: st.DrawFn) -> dict[str, Any]:
    specialty, day = draw(st.sampled_from(_SPECIALTIES)), draw(_days)
    acts = draw(st.lists(_acts(day, specialty), min_size=1, max_size=4))
    together = draw(_seldom(st.just(True), False))
    return {
        "performer": specialty,
        "acts": [{**act, "sitting": 1 if together else number} for number, act in enumerate(acts)],
        "born": draw(st.sampled_from(["1958-06-03", "2004-01-02", "2018-02-10", "2022-04-10", "2021-13-01"])),
        "pathway": draw(st.sampled_from(["", "T", "S", "O", "M"])),
        "nature": draw(st.sampled_from(["10", "10", "10", "13", "30", "41", "90"])),
        "exemption": draw(st.sampled_from(["0", "0", "0", "4", "5", "9"])),
        "scheme": draw(st.sampled_from(["01", "01", "04", "07"])),
        "local_scheme": draw(_seldom(st.just(True), False)),
        "solidarity_cover": draw(_seldom(st.just(True), False)),
        "complementary": draw(st.sampled_from(["", "99999997"])),
    }


@given(_sheets())
def test_shares_add_up_and_stay_within_the_fee(data: dict[str, Any]) -> None:
    sheet, trace, findings = valued(draft_of(data))
    refused = any(item.level is Level.ERROR for item in findings)
    assert (sheet is None) is refused
    if sheet is None:
        return
    for line in sheet.lines:
        assert 0 <= line.fund_cents <= line.base_cents
        assert line.complementary_cents in (0, line.base_cents - line.fund_cents)
        assert patient_cents(line) >= 0
        if line.qualifier is not ChargeQualifier.FREE:
            assert line.base_cents <= line.charged_cents
        if line.exemption not in (Exemption.NONE, Exemption.SOLIDARITY):
            assert line.rate_percent == 100
        if line.qualifier in (ChargeQualifier.FREE, ChargeQualifier.NOT_REIMBURSABLE):
            assert line.fund_cents == line.complementary_cents == line.rate_percent == 0
        assert any(step.line == line.number for step in trace)
    assert sheet.total_charged_cents == sum(
        patient_cents(line) + line.fund_cents + line.complementary_cents for line in sheet.lines
    )


@given(_sheets())
def test_the_payer_computes_what_the_practice_did(data: dict[str, Any]) -> None:
    sheet, _, _ = valued(draft_of(data))
    if sheet is None:
        return
    lines, _, findings = value_claim(sheet, standard_book())
    assert [(line.base_cents, line.rate_percent, line.fund_cents) for line in lines] == [
        (line.base_cents, line.rate_percent, line.fund_cents) for line in sheet.lines
    ]
    assert not {"T090", "T091", "T092"} & {item.code.code for item in findings}


@given(_sheets(), st.integers(-5000, 5000), st.integers(-5000, 5000))
def test_the_payer_never_pays_above_what_is_owed_nor_above_the_claim(
    data: dict[str, Any], base: int, fund: int
) -> None:
    sheet, _, _ = valued(draft_of(data))
    if sheet is None:
        return
    first = sheet.lines[0]
    lied = replace(first, base_cents=max(0, first.base_cents + base), fund_cents=max(0, first.fund_cents + fund))
    lines, _, findings = value_claim(replace(sheet, lines=(lied, *sheet.lines[1:])), standard_book())
    assert lines[0].fund_cents == first.fund_cents
    assert payable_cents(lied, lines[0]) == min(lied.fund_cents, first.fund_cents)
    assert ("T090" in {item.code.code for item in findings if item.place.line == 1}) is (
        lied.fund_cents > first.fund_cents
    )


@given(_sheets())
def test_the_same_draft_always_gives_the_same_sheet(data: dict[str, Any]) -> None:
    assert valued(draft_of(data)) == valued(draft_of(data))


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_half_up_is_the_decimal_rounding(numerator: int, denominator: int) -> None:
    exact = Decimal(numerator) / Decimal(denominator)
    assert half_up(numerator, denominator) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@given(st.integers(0, 10**9), st.integers(0, 100))
def test_a_share_and_its_complement_differ_by_a_rounding_at_most(cents: int, percent: int) -> None:
    assert 0 <= percent_of(cents, percent) + percent_of(cents, 100 - percent) - cents <= 1


@given(st.integers(-(10**9), 10**9))
def test_amounts_are_shown_without_loss(cents: int) -> None:
    assert cents_of(euros_of(cents)) == cents
    assert cents_of(Decimal(plain(cents))) == cents
    french = shown(cents, "fr").replace("\u202f", "").replace("\u00a0€", "").replace(",", ".")
    assert cents_of(Decimal(french)) == cents
    assert cents_of(Decimal(shown(cents, "en").replace("€", "").replace(",", ""))) == cents


def test_amounts_as_a_person_reads_them() -> None:
    assert shown(123456, "fr") == "1\u202f234,56\u00a0€"
    assert shown(-5, "en") == "-€0.05"
    assert cents_of(Decimal("1.005")) == 101
