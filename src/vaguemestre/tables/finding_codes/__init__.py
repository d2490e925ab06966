"""Every finding code of the project, as one ordered list: precedence, documentation and tests follow this order.

One file per area; an area is loaded when one of its codes is asked for, so that a small command reads no other's.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from vaguemestre.tables.finding_codes.shape import Actor, FindingCode, Level

if TYPE_CHECKING:
    ALL: tuple[FindingCode, ...]
    """All codes, in the order of the areas."""

_MODULES: Final = {
    "E": "environment",
    "F": "files",
    "S": "seal",
    "M": "mandate",
    "B": "b2",
    "N": "noemie",
    "I": "sheet",
    "C": "card",
    "T": "tariff",
    "A": "payer",
    "D": "delivery",
    "R": "reconciliation",
    "J": "conversion",
}


class _Areas(Mapping[str, tuple[FindingCode, ...]]):
    """Area letter -> its codes."""

    def __getitem__(self, letter: str) -> tuple[FindingCode, ...]:
        codes: tuple[FindingCode, ...] = import_module(f"{__name__}.{_MODULES[letter]}").CODES
        return codes

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


class _ByCode(Mapping[str, FindingCode]):
    """Code -> its entry; an unknown code is a `KeyError`."""

    def __init__(self) -> None:
        self._loaded: dict[str, FindingCode] = {}

    def __getitem__(self, code: str) -> FindingCode:
        entry = self._loaded.get(code)
        if entry is None:
            self._loaded.update((entry.code, entry) for entry in AREAS[code[:1]])
            entry = self._loaded[code]
        return entry

    def __iter__(self) -> Iterator[str]:
        return (entry.code for codes in AREAS.values() for entry in codes)

    def __len__(self) -> int:
        return sum(len(codes) for codes in AREAS.values())


AREAS: Final[Mapping[str, tuple[FindingCode, ...]]] = _Areas()
"""Area letter -> its codes, in the order in which a file or message meets the checks."""

BY_CODE: Final[Mapping[str, FindingCode]] = _ByCode()


def __getattr__(name: str) -> Any:
    if name == "ALL":
        return tuple(code for codes in AREAS.values() for code in codes)
    raise AttributeError(name)


__all__ = ["ALL", "AREAS", "BY_CODE", "Actor", "FindingCode", "Level"]
