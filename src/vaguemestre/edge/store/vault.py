"""Encryption at rest: every store's health data passes here, and the store's key lives outside the store.

One vault is one store's key. Two keys are derived from it: one encrypts bodies (AES-256-GCM), one makes the blind index, a
keyed hash by which a store finds a person without holding a readable NIR.
"""

import base64
import hashlib
import hmac
import os
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

_KEY_BYTES = 32
_NONCE_BYTES = 12
_INDEX_BYTES = 16
_MAGIC = "vaguemestre-store-key-1"
T = TypeVar("T")


class VaultError(Exception):
    """The store's key is missing, malformed, or not the one that wrote the store."""


class Vault:
    """Encrypts bodies and makes blind indexes with keys derived from one 32-byte master key."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != _KEY_BYTES:
            raise VaultError("a store's key is 32 bytes")
        self._aead = AESGCM(hmac.digest(master_key, b"vaguemestre body", hashlib.sha256))
        index_key = hmac.digest(master_key, b"vaguemestre blind index", hashlib.sha256)
        self._index = HMAC(index_key, SHA256())
        self._decoders: dict[Any, msgspec.msgpack.Decoder[Any]] = {}

    def encrypt(self, plain: bytes, context: bytes = b"") -> bytes:
        """Nonce (12 bytes) + ciphertext + tag; `context` is authenticated, so a body cannot be moved to another row."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plain, context)

    def decrypt(self, body: bytes, context: bytes = b"") -> bytes:
        """Inverse of `encrypt`. Raises VaultError when the key, the body or the context is not the one that wrote it."""
        try:
            return self._aead.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], context)
        except InvalidTag as error:
            raise VaultError("this body was not written with this store's key, or was altered") from error

    def seal(self, value: Any, context: bytes = b"") -> bytes:
        """Encrypt any plain data (frozen dataclasses, dates, decimals, enumerations) as MessagePack."""
        return self.encrypt(msgspec.msgpack.encode(value), context)

    def unseal(self, body: bytes, kind: type[T], context: bytes = b"") -> T:
        """Inverse of `seal`, checked against `kind`."""
        decoder = self._decoders.get(kind)
        if decoder is None:
            decoder = self._decoders[kind] = msgspec.msgpack.Decoder(kind)
        value: T = decoder.decode(self.decrypt(body, context))
        return value

    def blind(self, text: str) -> bytes:
        """Keyed hash (16 bytes) for look-ups: equal texts give equal indexes, and the text cannot be read back."""
        keyed = self._index.copy()
        keyed.update(text.encode())
        return keyed.finalize()[:_INDEX_BYTES]


def create_key_file(path: Path, passphrase: str | None = None) -> Vault:
    """Write a new key file (mode 0600), wrapped by scrypt and AES-GCM when a passphrase is given. Never overwrites."""
    master_key = os.urandom(_KEY_BYTES)
    salt = os.urandom(16)
    stored = master_key if passphrase is None else Vault(_stretch(passphrase, salt)).encrypt(master_key, salt)
    kind = "plain" if passphrase is None else "passphrase"
    text = f"{_MAGIC} {kind} {base64.b64encode(salt).decode()} {base64.b64encode(stored).decode()}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return Vault(master_key)


def open_key_file(path: Path, passphrase: str | None = None) -> Vault:
    """Read a key file back. Raises VaultError when it is missing, malformed, or the passphrase is wrong or absent."""
    try:
        magic, kind, salt_text, stored_text = path.read_text().split()
        salt, stored = base64.b64decode(salt_text), base64.b64decode(stored_text)
    except (OSError, ValueError) as error:
        raise VaultError(f"no readable store key at {path}") from error
    if magic != _MAGIC or kind not in ("plain", "passphrase"):
        raise VaultError(f"{path} is not a store key of this software")
    if kind == "plain":
        return Vault(stored)
    if passphrase is None:
        raise VaultError(f"{path} is protected by a passphrase")
    return Vault(Vault(_stretch(passphrase, salt)).decrypt(stored, salt))


def _stretch(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=_KEY_BYTES, n=2**15, r=8, p=1).derive(passphrase.encode())
