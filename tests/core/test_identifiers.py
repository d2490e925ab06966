"""Keys of NIR, RPPS, billing and work accident numbers: known numbers, every one-digit slip, makers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheet_kit import codes
from vaguemestre.core.findings import Place
from vaguemestre.core.identifiers import (
    NirKind,
    check_nir,
    check_number,
    check_rpps,
    check_work_accident_number,
    control_key,
    finess_is_valid,
    make_anonymous_nir,
    make_nir,
    make_number,
    make_rpps,
    nir_is_valid,
    nir_key,
    nir_kind,
    number_is_valid,
    rpps_is_valid,
    wire_number,
    work_accident_number_is_valid,
)

PLACE = Place(source="f.csv", line=3, field="item:3")
departments = st.one_of(
    st.integers(1, 95).map(lambda number: f"{number:02d}"),
    st.sampled_from(("2A", "2B", "971", "972", "973", "974", "976", "99")),
)
nirs = st.builds(
    make_nir,
    st.integers(1, 8),
    st.integers(1920, 2022),
    st.integers(1, 12),
    departments,
    st.integers(1, 99),
    st.integers(1, 999),
)


@pytest.mark.parametrize(
    ("nir", "key"),
    [
        ("2550875116001", f"{97 - 2550875116001 % 97:02d}"),
        ("1820920997002", f"{97 - 1820920997002 % 97:02d}"),
        ("182092A997002", f"{97 - 1820919997002 % 97:02d}"),
        ("182092B997002", f"{97 - 1820918997002 % 97:02d}"),
    ],
)
def test_the_key_is_97_less_the_rest_and_corsica_is_read_19_and_18(nir: str, key: str) -> None:
    assert nir_key(nir) == key
    assert nir_is_valid(nir, key)


@given(nirs)
def test_a_made_nir_is_valid_and_has_13_characters(made: tuple[str, str]) -> None:
    nir, key = made
    assert len(nir) == 13
    assert 1 <= int(key) <= 97
    assert nir_is_valid(nir, key)
    assert check_nir(nir, key, PLACE) == ()


@given(nirs, st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(made: tuple[str, str], rank: int, shift: int) -> None:
    nir, key = made
    if not nir[rank].isdigit() or (nir[5:7] in ("2A", "2B") and rank == 5):
        return
    wrong = nir[:rank] + str((int(nir[rank]) + shift) % 10) + nir[rank + 1 :]
    assert codes(check_nir(wrong, key, PLACE)) in (["I001"], ["I002"])


@pytest.mark.parametrize(
    "nir", ["", "18209209970021", "182092C997002", "982092A997002", "18209209970é2", "1820920 97002"]
)
def test_a_nir_of_another_form_is_i001(nir: str) -> None:
    assert codes(check_nir(nir, "55", PLACE)) == ["I001"]
    assert not nir_is_valid(nir, "55")
    with pytest.raises(ValueError, match="form of a NIR") as caught:
        nir_key(nir)
    assert nir == "" or nir not in str(caught.value)


def test_a_wrong_key_is_i002_and_says_where_and_what() -> None:
    (found,) = check_nir("1820920997002", "00", PLACE)
    assert found.code.code == "I002"
    assert found.place == PLACE
    assert found.values["expected"] == nir_key("1820920997002")
    assert "1820920997002" not in str(found)


def test_provisional_and_anonymous_numbers_are_told_apart() -> None:
    anonymous, key = make_anonymous_nir(2, "751")
    assert anonymous == "2555555751333"
    assert nir_is_valid(anonymous, key)
    assert nir_kind(anonymous) is NirKind.ANONYMOUS
    assert nir_kind("5555555123456") is NirKind.PROVISIONAL
    assert nir_kind("7820920997002") is NirKind.PROVISIONAL
    assert nir_kind("1820920997002") is NirKind.DEFINITIVE


@pytest.mark.parametrize(("body", "key"), [("20010268", "9"), ("2A000268", "9"), ("29199110", "7")])
def test_the_known_numbers_have_their_key(body: str, key: str) -> None:
    assert control_key(body) == key
    assert finess_is_valid(body + key)


def test_a_corsican_finess_is_rewritten_with_the_same_key() -> None:
    assert wire_number("2A0002689") == "200102689"
    assert wire_number("2B0002680")[:4] == "2002"
    assert wire_number("751990114") == "751990114"
    assert number_is_valid(wire_number("2A0002689"))


@given(st.integers(0, 99_999_999), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_of_a_number_is_always_seen(order: int, rank: int, shift: int) -> None:
    number = make_number(f"{order:08d}")
    assert number_is_valid(number)
    assert check_number(number, PLACE) == check_work_accident_number(number, PLACE) == ()
    wrong = number[:rank] + str((int(number[rank]) + shift) % 10) + number[rank + 1 :]
    assert codes(check_number(wrong, PLACE)) == ["I006"]
    assert codes(check_work_accident_number(wrong, PLACE)) == ["I008"]
    assert not work_accident_number_is_valid(wrong)


@given(st.integers(0, 999_999_999), st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_of_an_rpps_is_always_seen(order: int, rank: int, shift: int) -> None:
    rpps = make_rpps(order)
    assert rpps_is_valid(rpps)
    assert check_rpps(rpps, PLACE) == ()
    wrong = rpps[:rank] + str((int(rpps[rank]) + shift) % 10) + rpps[rank + 1 :]
    assert codes(check_rpps(wrong, PLACE)) == ["I004"]


@pytest.mark.parametrize("text", ["", "12345678", "12345678X", "1234567890", "２34567890"])
def test_numbers_of_another_form(text: str) -> None:
    assert codes(check_number(text, PLACE)) == ["I005"]
    assert codes(check_work_accident_number(text, PLACE)) == ["I007"]
    assert codes(check_rpps(text, PLACE)) == ["I003"]
