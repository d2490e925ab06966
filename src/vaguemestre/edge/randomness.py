"""Randomness: the operating system's for real keys, a seeded stream for worlds that must repeat."""

import hashlib
import os


class SystemRandomness:
    """The operating system's generator: the only one fit for keys of real people."""

    def draw(self, size_bytes: int) -> bytes:
        """`size_bytes` unpredictable bytes."""
        return os.urandom(size_bytes)


class SeededRandomness:
    """SHA-256 in counter mode over a seed and a purpose: the same draws on every machine and every Python.

    Two purposes under one seed are independent streams, so that one more draw in one place moves nothing elsewhere.
    """

    def __init__(self, seed: int, purpose: str) -> None:
        self._prefix = f"{seed}/{purpose}/".encode()
        self._counter = 0
        self._rest = b""

    def draw(self, size_bytes: int) -> bytes:
        """The next `size_bytes` bytes of the stream."""
        while len(self._rest) < size_bytes:
            self._rest += hashlib.sha256(self._prefix + str(self._counter).encode()).digest()
            self._counter += 1
        drawn, self._rest = self._rest[:size_bytes], self._rest[size_bytes:]
        return drawn
