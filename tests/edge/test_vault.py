"""The store's key: what it protects, and what it refuses."""

import hmac
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from vaguemestre.core.caresheet import BirthDate, SheetIdentity
from vaguemestre.edge.store.vault import Vault, VaultError, create_key_file, open_key_file


def test_a_body_comes_back_as_it_was_and_shows_nothing() -> None:
    vault = Vault(b"k" * 32)
    identity = SheetIdentity("751234567", date(2022, 4, 27), 12)
    body = vault.seal(identity, b"row 1")
    assert b"751234567" not in body
    assert vault.unseal(body, SheetIdentity, b"row 1") == identity
    assert vault.unseal(vault.seal(BirthDate(1958, 13, 2)), BirthDate) == BirthDate(1958, 13, 2)
    assert vault.unseal(vault.seal([Decimal("3.15")]), list[Decimal]) == [Decimal("3.15")]


def test_a_body_moved_to_another_row_or_altered_is_refused() -> None:
    vault = Vault(b"k" * 32)
    body = vault.seal("x", b"row 1")
    with pytest.raises(VaultError):
        vault.unseal(body, str, b"row 2")
    with pytest.raises(VaultError):
        vault.unseal(body[:-1] + bytes([body[-1] ^ 1]), str, b"row 1")
    with pytest.raises(VaultError):
        Vault(b"o" * 32).unseal(body, str, b"row 1")


def test_the_blind_index_is_stable_and_keyed() -> None:
    assert Vault(b"k" * 32).blind("1") == Vault(b"k" * 32).blind("1")
    assert Vault(b"k" * 32).blind("1") != Vault(b"o" * 32).blind("1")


def test_the_blind_index_stays_what_the_stores_hold() -> None:
    """An index of another making would find nobody in a store that was written before."""
    key = hmac.digest(b"k" * 32, b"vaguemestre blind index", "sha256")
    for text in ("1", "2580427123456/1958-04-27/1", "é" * 100):
        assert Vault(b"k" * 32).blind(text) == hmac.digest(key, text.encode(), "sha256")[:16]


def test_a_key_file_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    vault = create_key_file(tmp_path / "store.key", "sésame")
    body = vault.seal("x")
    assert open_key_file(tmp_path / "store.key", "sésame").unseal(body, str) == "x"
    with pytest.raises(VaultError):
        open_key_file(tmp_path / "store.key", "other")
    with pytest.raises(VaultError):
        open_key_file(tmp_path / "store.key")
    with pytest.raises(FileExistsError):
        create_key_file(tmp_path / "store.key")
    assert (tmp_path / "store.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "one two three four", "vaguemestre-store-key-1 plain AA== AA=="])
def test_a_malformed_key_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "k").write_text(text)
    with pytest.raises(VaultError):
        open_key_file(tmp_path / "k")
