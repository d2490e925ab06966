"""American claims (837P, 005010X222A1) of one service line each, for the open validator that our checks are compared with: pyx12.

The claims are invented, and valid: the validator finds nothing in them, as our checks find nothing in the bench sheets.
"""

import importlib.util
import io
import logging
from typing import Final

SEGMENTS_OF_CLAIM: Final = 12
_HEADER: Final = (
    "ISA*00*          *00*          *ZZ*BENCHSENDER    *ZZ*BENCHPAYER     *220427*1000*^*00501*000000001*0*T*:",
    "GS*HC*BENCHSENDER*BENCHPAYER*20220427*1000*1*X*005010X222A1",
    "ST*837*0001*005010X222A1",
    "BHT*0019*00*0123*20220427*1000*CH",
    "NM1*41*2*BENCH CLINIC*****46*TGJ23",
    "PER*IC*JERRY*TE*3055552222",
    "NM1*40*2*BENCH PAYER*****46*66783JJT",
    "HL*1**20*1",
    "NM1*85*2*BENCH CLINIC*****XX*1234567893",
    "N3*234 SEAWAY ST",
    "N4*MIAMI*FL*331110000",
    "REF*EI*587654321",
)


def is_there() -> bool:
    """Whether pyx12 is installed: it is no part of the product, only of its measuring."""
    return importlib.util.find_spec("pyx12") is not None


def claims(count: int) -> str:
    """An interchange of so many claims, each of one consultation."""
    segments = list(_HEADER)
    for rank in range(1, count + 1):
        segments += (
            f"HL*{rank + 1}*1*22*0",
            "SBR*P*18*2222SJ******CI",
            f"NM1*IL*1*SMITH*JANE****MI*JS{rank:08d}",
            "N3*236 N MAIN ST",
            "N4*MIAMI*FL*33413",
            f"DMG*D8*19{rank % 90 + 10}0501*F",
            "NM1*PR*2*BENCH PAYER*****PI*999996666",
            f"CLM*{rank:09d}*25***11:B:1*Y*A*Y*Y",
            "HI*ABK:J020",
            "LX*1",
            "SV1*HC:99213*25*UN*1***1",
            "DTP*472*D8*20220427",
        )
    count_of_set = len(segments) - 2 + 1  # from ST to SE
    segments += (f"SE*{count_of_set}*0001", "GE*1*1", "IEA*1*000000001")
    return "".join(f"{segment}~\n" for segment in segments)


def validate(interchange: str) -> bool:
    """Whether pyx12 finds nothing wrong. Raises ImportError where it is not installed."""
    from pyx12.params import ParamsBase
    from pyx12.x12n_document import x12n_document

    logging.getLogger("pyx12").setLevel(logging.CRITICAL)
    return bool(x12n_document(ParamsBase(), io.StringIO(interchange), io.StringIO(), None))
