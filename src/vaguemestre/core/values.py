"""How value objects are declared: `dataclass`, as in the standard library, but frozen by the type checker rather than at run time.

A class declared `@dataclass(frozen=True, slots=True)` with this decorator is immutable for mypy, which refuses every assignment
to its attributes. At run time it is an ordinary class with slots, equal and hashable by its values: a frozen one takes several
times as long to build, and the chain builds hundreds of them for each sheet. In Python's development mode (`python -X dev`) it is
really frozen; a test walks the whole chain so.
"""

import sys
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses

    def dataclass(cls: type | None = None, /, **options: Any) -> Any:
        """As `dataclasses.dataclass`. With `frozen=True`, see the module."""
        if options.get("frozen") and options.get("eq", True) and not sys.flags.dev_mode:
            options |= {"frozen": False, "unsafe_hash": True}
        return dataclasses.dataclass(cls, **options)
