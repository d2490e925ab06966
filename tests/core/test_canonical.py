"""Canonical JSON: the same value always gives the same bytes, and strange bytes give a named field."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.canonical import CanonicalError, decode, encode


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Inner:
    name: str
    on: date


@dataclass(frozen=True, slots=True)
class Outer:
    count: int
    flag: bool
    at: datetime
    data: bytes
    colour: Colour
    inner: tuple[Inner, ...]
    maybe: date | None = None
    note: str = ""


outers = st.builds(
    Outer,
    st.integers(-(2**200), 2**200),
    st.booleans(),
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),
    st.binary(max_size=50),
    st.sampled_from(Colour),
    st.lists(st.builds(Inner, st.text(max_size=20), st.dates()), max_size=3).map(tuple),
    st.none() | st.dates(),
    st.text(max_size=20),
)
ONE = Outer(1, True, datetime(2022, 4, 27, 8, tzinfo=UTC), b"\x00\xff", Colour.RED, (Inner("é", date(2022, 4, 27)),))


@given(outers)
def test_what_is_written_is_read(value: Outer) -> None:
    data = encode(value)
    assert decode(Outer, data) == value
    assert encode(decode(Outer, data)) == data
    assert data.isascii()


def test_the_bytes_are_stable() -> None:
    assert encode(ONE) == (
        b'{"at":"2022-04-27T08:00:00Z","colour":"red","count":1,"data":"AP8=","flag":true,'
        b'"inner":[{"name":"\\u00e9","on":"2022-04-27"}],"maybe":null,"note":""}'
    )
    paris = ONE.at.astimezone(timezone(timedelta(hours=2)))
    assert encode(Outer(1, True, paris, b"\x00\xff", Colour.RED, ONE.inner)) == encode(ONE)


def test_defaults_are_filled_and_unknown_keys_ignored() -> None:
    data = encode(ONE).replace(b',"maybe":null,"note":""', b',"later":[1,{"x":2}]')
    assert decode(Outer, data) == ONE


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        (b'"count":1', b'"count":"1"', "count"),
        (b'"count":1', b'"count":true', "count"),
        (b'"count":1', b'"count":1.5', ""),
        (b'"count":1', b'"count":NaN', ""),
        (b'"count":1,', b"", "count"),
        (b'"flag":true', b'"flag":1', "flag"),
        (b"2022-04-27T08:00:00Z", b"2022-04-27T08:00:00", "at"),
        (b"2022-04-27T08:00:00Z", b"yesterday", "at"),
        (b'"AP8="', b'"AP8"', "data"),
        (b'"AP8="', b"3", "data"),
        (b'"red"', b'"green"', "colour"),
        (b'"red"', b"[]", "colour"),
        (b'"on":"2022-04-27"', b'"on":"2022-02-30"', "inner[0].on"),
        (b'"on":"2022-04-27"', b'"on":20220427', "inner[0].on"),
        (b'[{"name"', b'{"x":[{"name"', "inner"),
        (b'"inner":[{', b'"inner":[7,{', "inner[0]"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(old: bytes, new: bytes, path: str) -> None:
    data = encode(ONE).replace(old, new)
    if b'"x":' in data:
        data = data.replace(b"}],", b"}]},")
    with pytest.raises(CanonicalError) as caught:
        decode(Outer, data)
    assert caught.value.path == path


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"null", b"[" * 100_000, b'{"a":' * 50_000])
def test_bytes_that_are_no_document(data: bytes) -> None:
    with pytest.raises(CanonicalError):
        decode(Outer, data)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    with pytest.raises(CanonicalError):
        decode(Outer, data)


def test_a_document_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vaguemestre.core.canonical.DOCUMENT_BYTES_MAX", 10)
    with pytest.raises(CanonicalError, match="larger than"):
        decode(Outer, encode(ONE))


@pytest.mark.parametrize("value", [1.5, {"a": 1}, ["x"], datetime(2022, 4, 27)])
def test_a_shape_without_canonical_form_is_our_own_fault(value: Any) -> None:
    @dataclass(frozen=True)
    class Holder:
        value: Any

    with pytest.raises(TypeError):
        encode(Holder(value))
