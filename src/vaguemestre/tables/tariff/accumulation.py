"""Several acts of one professional on one patient in one sitting: NGAP article 11 B, its exceptions, and CCAM associations.

What no entry covers is a finding (T030), never a guess. Doctors' NGAP letters are not priced, hence have no entry yet.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from vaguemestre.tables.tariff.shape import Confidence, Source

_C = Confidence.SECONDARY


@dataclass(frozen=True, slots=True)
class ArticleElevenB:
    """The general rule for one profession: the acts of `codes`, by decreasing coefficient, at full rate then `second_act` percent.

    `further_dropped`: a third act earns nothing and is not written; otherwise a third act is not covered. `distinct_pathologies`:
    only acts for different pathologies (`Act.pathology`) accumulate.
    """

    key: str
    profession: str
    codes: tuple[str, ...]
    further_dropped: bool
    distinct_pathologies: bool
    valid_from: date | None
    valid_to: date | None
    source: Source


GENERAL: tuple[ArticleElevenB, ...] = (
    ArticleElevenB("acts.eleven_b", "nurse", ("AMI", "AMX", "AIS"), True, False, None, None, Source("ngap:11B", _C)),
    ArticleElevenB(
        "acts.eleven_b_physiotherapist", "physiotherapist", ("AMK", "AMS", "AMC"), False, True, None, None,
        Source("ngap:11B", _C),
    ),
    ArticleElevenB("acts.eleven_b", "midwife", ("SF",), True, False, None, None, Source("ngap:11B", _C)),
)  # fmt: skip


class CareKind(StrEnum):
    """The words of `Act.pathology` that an exception for nurses reads (vgm:care-kind)."""

    PERFUSION = "perfusion"
    HEAVY_DRESSING = "pansement lourd"
    INSULIN = "insuline"
    PUNCTURE = "ponction"


@dataclass(frozen=True, slots=True)
class AccumulationException:
    """An exception to the general rule for one profession; `kind` is read on the acts."""

    key: str
    profession: str
    kind: CareKind
    codes: tuple[str, ...]  # letters it is about; () any
    coefficients_hundredths: tuple[int, ...]  # () any
    valid_from: date | None
    valid_to: date | None
    source: Source


EXCEPTIONS: tuple[AccumulationException, ...] = (
    AccumulationException(
        "acts.perfusion", "nurse", CareKind.PERFUSION, ("AMI", "AMX"), (), None, None, Source("ngap:11B", _C)
    ),
    AccumulationException(
        "acts.heavy_dressing", "nurse", CareKind.HEAVY_DRESSING, ("AMI", "AMX"), (), None, None, Source("ngap:11B", _C)
    ),
    AccumulationException(
        "acts.insulin", "nurse", CareKind.INSULIN, ("AMI", "AMX"), (100,), None, None, Source("ngap:11B", _C)
    ),
    AccumulationException(
        "acts.puncture", "nurse", CareKind.PUNCTURE, ("AMI",), (150,), None, None, Source("ngap:11B", _C)
    ),
)

PUNCTURE_COEFFICIENT_HUNDREDTHS = 150

ASSOCIATION_PERCENT: dict[str, int] = {"": 100, "1": 100, "2": 50, "3": 75, "4": 100, "5": 100}
"""CCAM association code -> share of the act's price. fides:04-CF."""
