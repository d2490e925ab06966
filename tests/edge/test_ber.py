"""BER to DER: the same value whichever way it is written, and no input that raises anything but ValueError."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.edge.seal.ber import tlv, to_der


@pytest.mark.parametrize(
    ("ber", "der"),
    [
        ("0500", "0500"),
        ("308005000000", "30020500"),
        ("30810205000000"[:10], "30020500"),
        ("3084000000020500", "30020500"),
        ("2480040161040162040163" + "0000", "0403616263"),
        ("24060401610401" + "62", "04026162"),
        ("2480248004016100000401620000", "04026162"),
        ("31060201050201" + "02", "3106020102020105"),
        ("a080308002010100000000", "a0053003020101"),
    ],
)
def test_specimens(ber: str, der: str) -> None:
    assert to_der(bytes.fromhex(ber)).hex() == der


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "30",
        "3080",
        "30800500",
        "058000",
        "1f0100",
        "30020500ff",
        "3089" + "00" * 12,
        "3003050000ff",
        "2480020101" + "0000",
    ],
)
def test_what_is_no_ber_value(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        to_der(bytes.fromhex(wrong))


def test_depth_is_bounded() -> None:
    with pytest.raises(ValueError, match="levels"):
        to_der(b"\x30\x80" * 100_000)


def test_long_lengths() -> None:
    for size in (127, 128, 255, 256, 65_536):
        value = tlv(4, bytes(size))
        assert to_der(value) == value


VALUES = st.recursive(
    st.binary(max_size=20).map(lambda content: tlv(4, content)),
    lambda inner: st.lists(inner, max_size=4).map(lambda children: tlv(0x30, b"".join(children))),
)


def indefinite(value: bytes) -> bytes:
    """The same DER value with indefinite lengths wherever BER allows them, octet strings in parts of one byte."""
    tag, content = value[0], value[2:]
    if tag == 4:
        return b"\x24\x80" + b"".join(tlv(4, bytes((byte,))) for byte in content) + b"\0\0"
    children, position = [], 0
    while position < len(content):
        size = content[position + 1] + 2
        children.append(content[position : position + size])
        position += size
    return b"\x30\x80" + b"".join(indefinite(child) for child in children) + b"\0\0"


@given(VALUES.filter(lambda value: len(value) < 128))
def test_der_stays_and_indefinite_comes_back(value: bytes) -> None:
    assert to_der(value) == value
    assert to_der(indefinite(value)) == value


@given(st.binary(max_size=200))
def test_any_bytes(junk: bytes) -> None:
    try:
        once = to_der(junk)
    except ValueError:
        return
    assert to_der(once) == once
