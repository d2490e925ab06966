"""The machine's own rates, the yardstick of every absolute figure: RSA-2048, P-256, and how often its disk syncs."""

import os
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from vaguemestre.bench.figure import Bench, Figure, Unit, fastest, percentile
from vaguemestre.edge.seal.keypool import KeyPool

_PKCS1: Final = padding.PKCS1v15()
_SHA256: Final = hashes.SHA256()
_PAGE: Final = b"\xa5" * 4096


def measure(bench: Bench) -> Iterator[Figure]:
    """Operations per second, each the fastest of many; the disk's is the middle of many syncs of one page."""
    yield from _keys(bench.pool, 30 if bench.quick else 300)
    waits = sync_waits(bench.directory, 50 if bench.quick else 500)
    middle, worst = percentile(waits, 0.5), percentile(waits, 0.99)
    yield Figure("disk-syncs", "synchronisations du disque", "disk syncs", 1 / middle, Unit.PER_SECOND)
    yield Figure("disk-sync-p99", "synchronisation, 99e centile", "disk sync, p99", worst * 1e3, Unit.MILLISECONDS)


def _keys(pool: KeyPool, rounds: int) -> Iterator[Figure]:
    data = b"vaguemestre " * 85  # 1 KB: what a card signs for one sheet
    key, curve = pool.rsa_keys(1)[0], pool.p256_keys(1)[0]
    public, curve_public = key.public_key(), curve.public_key()
    ecdsa = ec.ECDSA(_SHA256)
    signature, curve_signature = key.sign(data, _PKCS1, _SHA256), curve.sign(data, ecdsa)
    wrapped = public.encrypt(data[:32], _PKCS1)
    seconds = fastest(
        rounds,
        lambda: key.sign(data, _PKCS1, _SHA256),
        lambda: public.verify(signature, data, _PKCS1, _SHA256),
        lambda: key.decrypt(wrapped, _PKCS1),
        lambda: curve.sign(data, ecdsa),
        lambda: curve_public.verify(curve_signature, data, ecdsa),
    )
    names = (
        ("rsa-sign", "RSA-2048, signatures", "RSA-2048, signatures"),
        ("rsa-verify", "RSA-2048, vérifications", "RSA-2048, verifications"),
        ("rsa-decrypt", "RSA-2048, déchiffrements", "RSA-2048, decryptions"),
        ("p256-sign", "P-256, signatures", "P-256, signatures"),
        ("p256-verify", "P-256, vérifications", "P-256, verifications"),
    )
    for (name, fr, en), taken in zip(names, seconds, strict=True):
        yield Figure(name, fr, en, 1 / taken, Unit.PER_SECOND)


def sync_waits(directory: Path, count: int) -> list[float]:
    """Seconds of each of `count` appends of one page, synced to the disk that holds `directory`."""
    path = directory / "syncs"
    waits = []
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        for _ in range(count):
            start = perf_counter()
            os.write(descriptor, _PAGE)
            os.fsync(descriptor)
            waits.append(perf_counter() - start)
    finally:
        os.close(descriptor)
        path.unlink()
    return waits
