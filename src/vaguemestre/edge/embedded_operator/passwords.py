"""Passwords of an operator's accounts: kept as scrypt hashes, checked once slowly and then from memory.

The memory is a keyed digest that dies with the process, so that thousands of POP3 logins do not each cost a scrypt.
"""

import hashlib
import hmac
from collections import OrderedDict

from vaguemestre.core.clock import Randomness
from vaguemestre.core.values import dataclass

_REMEMBERED_MAX = 20_000
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class HashedPassword:
    """What is stored: salt, scrypt cost (n, with r=8 and p=1) and hash."""

    salt: bytes
    cost: int
    digest: bytes


def hash_password(password: str, cost: int, randomness: Randomness) -> HashedPassword:
    """Hash a new password. `cost` is a power of two greater than 1."""
    salt = randomness.draw(_SALT_BYTES)
    return HashedPassword(salt, cost, _scrypt(password, salt, cost))


class PasswordChecker:
    """Checks passwords; both answers are remembered while the stored hash stays the same."""

    def __init__(self, cost: int, randomness: Randomness) -> None:
        self._key = randomness.draw(32)
        self._nobody = hash_password(randomness.draw(16).hex(), cost, randomness)
        self._remembered: OrderedDict[bytes, bool] = OrderedDict()

    def recall(self, stored: HashedPassword | None, password: str) -> bool | None:
        """The answer when it is in memory, else None: then `check` will take a scrypt."""
        return self._remembered.get(self._ticket(stored, password))

    def check(self, stored: HashedPassword | None, password: str) -> bool:
        """Whether the password is right. An unknown account (None) takes as long as a wrong password."""
        ticket = self._ticket(stored, password)
        answer = self._remembered.get(ticket)
        if answer is None:
            against = stored or self._nobody
            computed = _scrypt(password, against.salt, against.cost)
            answer = stored is not None and hmac.compare_digest(computed, against.digest)
            self._remembered[ticket] = answer
            while len(self._remembered) > _REMEMBERED_MAX:
                self._remembered.popitem(last=False)
        return answer

    def _ticket(self, stored: HashedPassword | None, password: str) -> bytes:
        account = (stored or self._nobody).digest
        return hmac.digest(self._key, account + password.encode(), "sha256")


def _scrypt(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=8, p=1, maxmem=65536 + 2048 * cost, dklen=32)
