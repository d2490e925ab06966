"""A directory of ready-made keys: generating one RSA key takes 73 ms, so tests, the demo and the simulator share them.

Only for keys whose holders exist on this machine (tests, demo, simulator): a pool's keys are no secret.
"""

import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

POOL_KEYS_MAX: Final = 200


class KeyPool:
    """Keys by position: `rsa_keys(3)` always gives the same three once the directory holds them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def rsa_keys(self, count: int) -> list[rsa.RSAPrivateKey]:
        """The first `count` RSA-2048 keys, generated where missing. Raises ValueError beyond 200."""
        keys = [self._key("rsa", position) for position in self._positions(count)]
        return [key for key in keys if isinstance(key, rsa.RSAPrivateKey)]

    def p256_keys(self, count: int) -> list[ec.EllipticCurvePrivateKey]:
        """The first `count` P-256 keys, generated where missing. Raises ValueError beyond 200."""
        keys = [self._key("p256", position) for position in self._positions(count)]
        return [key for key in keys if isinstance(key, ec.EllipticCurvePrivateKey)]

    @staticmethod
    def _positions(count: int) -> range:
        if not 0 <= count <= POOL_KEYS_MAX:
            raise ValueError(f"a pool holds at most {POOL_KEYS_MAX} keys of a kind")
        return range(count)

    def _key(self, kind: str, position: int) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
        path = self._directory / f"{kind}-{position:03d}.der"
        try:
            return _load(path.read_bytes())
        except (FileNotFoundError, ValueError):
            self._generate(kind, path)
            return _load(path.read_bytes())  # another process may have been first: both then use the same key

    def _generate(self, kind: str, path: Path) -> None:
        key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
        if kind == "rsa":
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        else:
            key = ec.generate_private_key(ec.SECP256R1())
        data = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self._directory.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        try:
            os.link(partial, path)  # the first process wins, so that every process uses the same key
        except OSError:
            if not path.exists() or not _readable(path):
                partial.replace(path)
        partial.unlink(missing_ok=True)


def _readable(path: Path) -> bool:
    try:
        _load(path.read_bytes())
    except ValueError:
        return False
    return True


def _load(data: bytes) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    key = serialization.load_der_private_key(data, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError("not a key of the pool")
    return key
