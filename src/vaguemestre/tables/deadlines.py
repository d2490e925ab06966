"""The clocks that the law sets, one dated entry per timer: value, unit, what starts it, source, how sure it is.

Read by `core.sheet.deadlines` only. `valid_to` None: still in force when last checked.
Several entries may share a key, one per period.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

LAST_CHECKED = date(2026, 3, 1)


class Unit(StrEnum):
    WORKING_DAYS = "working_days"  # jours ouvrés, with the territory's calendar
    DAYS = "days"
    YEARS = "years"
    CENTS = "cents"
    PERCENT = "percent"


class Sureness(StrEnum):
    """How the value is known: read in the text, in an excerpt, from a secondary source, or chosen by this project."""

    PRIMARY = "primary"
    EXCERPT = "excerpt"
    SECONDARY = "secondary"
    CONVENTION = "convention"


@dataclass(frozen=True, slots=True)
class Timer:
    """One legal value. `start_fr` and `start_en` say from what it counts."""

    key: str
    value: int
    unit: Unit
    start_fr: str
    start_en: str
    citation: str
    valid_from: date
    valid_to: date | None = None
    sureness: Sureness = Sureness.PRIMARY


_ALWAYS = date(1998, 4, 15)  # décret 98-275: the first day of the care sheet by electronic means
_COMPLETION = ("date de réalisation de la feuille", "completion date of the sheet")
_TRANSMISSION = ("télétransmission", "transmission")
_ACKNOWLEDGEMENT = ("accusé de réception", "acknowledgement")

TIMERS: tuple[Timer, ...] = (
    Timer("send-patient-paid", 3, Unit.WORKING_DAYS, *_COMPLETION, "css:R161-47", _ALWAYS),
    Timer("send-tiers-payant", 8, Unit.WORKING_DAYS, *_COMPLETION, "css:R161-47", _ALWAYS),
    Timer("paper-tiers-payant", 8, Unit.DAYS, *_COMPLETION, "css:R161-47", _ALWAYS),
    Timer(
        "payer-collects",
        1,
        Unit.WORKING_DAYS,
        "mise à disposition par le réseau",
        "made available by the network",
        "mess9821498a:2",
        _ALWAYS,
    ),
    Timer(
        "acknowledgement-alarm",
        2,
        Unit.WORKING_DAYS,
        *_TRANSMISSION,
        "vgm:acknowledgement-alarm",
        _ALWAYS,
        None,
        Sureness.CONVENTION,
    ),
    Timer(
        "resend-window",
        2,
        Unit.WORKING_DAYS,
        "accusé négatif ou manquant",
        "negative or missing acknowledgement",
        "vgm:acknowledgement-alarm",
        _ALWAYS,
        None,
        Sureness.CONVENTION,
    ),
    Timer("practice-keeps", 90, Unit.DAYS, *_TRANSMISSION, "css:R161-47", _ALWAYS),
    Timer(
        "payer-keeps",
        3,
        Unit.YEARS,
        "dernier message du support",
        "last message on the medium",
        "mess9821498a:2",
        _ALWAYS,
    ),
    Timer("duplicate-from", 15, Unit.DAYS, *_COMPLETION, "css:R161-47", _ALWAYS),
    Timer("duplicate-until", 90, Unit.DAYS, *_COMPLETION, "css:R161-47", _ALWAYS),
    Timer("pay-tiers-payant", 7, Unit.WORKING_DAYS, *_TRANSMISSION, "css:D161-13-3", _ALWAYS),
    Timer("pay-c2s", 7, Unit.DAYS, *_ACKNOWLEDGEMENT, "css:D861-6", _ALWAYS),
    Timer("pay-c2s-paper", 21, Unit.DAYS, "envoi du papier", "sending of the paper", "css:D861-6", _ALWAYS),
    Timer(
        "pay-c2s-paper-other-fund",
        15,
        Unit.DAYS,
        "en plus, papier reçu par un autre organisme",
        "on top, when another body got the paper",
        "css:D861-6",
        _ALWAYS,
    ),
    Timer(
        "pay-pharmacy",
        4,
        Unit.WORKING_DAYS,
        *_TRANSMISSION,
        "sans0622889a:payment",
        _ALWAYS,
        None,
        Sureness.SECONDARY,
    ),
    Timer("penalty-flat-first-day", 8, Unit.WORKING_DAYS, *_TRANSMISSION, "css:D161-13-4", _ALWAYS),
    Timer(
        "penalty-flat",
        100,
        Unit.CENTS,
        "par facture payée en retard",
        "per invoice paid late",
        "css:D161-13-4",
        _ALWAYS,
    ),
    Timer("penalty-rate-first-day", 10, Unit.WORKING_DAYS, *_TRANSMISSION, "css:D161-13-4", _ALWAYS),
    Timer(
        "penalty-rate", 10, Unit.PERCENT, "de la part obligatoire", "of the compulsory share", "css:D161-13-4", _ALWAYS
    ),
    Timer(
        "scan-retry",
        5,
        Unit.DAYS,
        "premier essai de numérisation",
        "first attempt at scanning",
        "etss1200585a:2.7.1",
        _ALWAYS,
    ),
    Timer("scan-keeps", 90, Unit.DAYS, *_TRANSMISSION, "etss1200585a:2.9", _ALWAYS),
    Timer(
        "card-update", 1, Unit.YEARS, "date d'émission de la carte", "issue date of the card", "css:R161-33-10", _ALWAYS
    ),
    Timer(
        "access-answer", 15, Unit.DAYS, "réception de la demande", "receipt of the request", "mess9821498a:6", _ALWAYS
    ),
    Timer(
        "claim-lapse",
        2,
        Unit.YEARS,
        "premier jour du trimestre suivant les soins",
        "first day of the quarter after the care",
        "css:L160-11",
        _ALWAYS,
    ),
    Timer(
        "bundle-warning",
        3,
        Unit.DAYS,
        "date du paquet signé de la caisse",
        "date of the fund's signed bundle",
        "vgm:bundle-age",
        _ALWAYS,
        None,
        Sureness.CONVENTION,
    ),
    Timer(
        "bundle-sending",
        1,
        Unit.DAYS,
        "date du paquet signé de la caisse",
        "date of the fund's signed bundle",
        "vgm:bundle-sending",
        _ALWAYS,
        None,
        Sureness.CONVENTION,
    ),
)

BY_KEY: dict[str, tuple[Timer, ...]] = {
    key: tuple(entry for entry in TIMERS if entry.key == key) for key in dict.fromkeys(entry.key for entry in TIMERS)
}
