"""`vaguemestre tariff`: what an act is worth on a day, and every value that is still to be verified."""

from datetime import date
from typing import Annotated

import typer

from vaguemestre.cli.paint import Brush
from vaguemestre.cli.shell import ExitCode, JsonOption, LangOption, emit_json, fail
from vaguemestre.cli.texts import say
from vaguemestre.core.findings import Language, Place, finding
from vaguemestre.core.money import plain, shown
from vaguemestre.core.tariff.book import TariffBook, in_force, rate_family_of, standard_book, why_unverified
from vaguemestre.core.values import dataclass
from vaguemestre.tables.tariff.shape import LegalValue, Price, Unit

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help=say(
        "Les tarifs à une date, et ceux qui restent à vérifier.\n\nExemple : vaguemestre tariff show AMI --on 2022-04-27",
        "Tariffs at a date, and those still to be verified.\n\nExample: vaguemestre tariff show AMI --on 2022-04-27",
    ),
)


@app.callback()
def _group() -> None:
    """A group, so that `tariff show` keeps its name while it is the only command."""


@app.command(
    help=say(
        "Le tarif d'un acte à une date, avec son taux, sa source et ses doutes ; ou tout ce qui reste à vérifier.",
        "An act's price on a date, with its rate, its source and its doubts; or all that is still to be verified.",
    ),
    epilog=say(
        "Exemples : vaguemestre tariff show AMI --on 2022-04-27 · vaguemestre tariff show --unverified",
        "Examples: vaguemestre tariff show AMI --on 2022-04-27 · vaguemestre tariff show --unverified",
    ),
)
def show(
    code: Annotated[
        str, typer.Argument(help=say("Code de l'acte, comme G ou HBJD001.", "The act's code, as G or HBJD001."))
    ] = "",
    on: Annotated[
        str,
        typer.Option(
            "--on",
            help=say("Date de l'acte ; sans elle, toutes les périodes.", "Date of the act; without it, all periods."),
            metavar="AAAA-MM-JJ",
        ),
    ] = "",
    specialty: Annotated[
        str, typer.Option("--specialty", help=say("Spécialité (2 chiffres).", "Specialty (2 digits)."), metavar="NN")
    ] = "",
    unverified: Annotated[
        bool,
        typer.Option("--unverified", help=say("Tout ce qui reste à vérifier.", "All that is still to be verified.")),
    ] = False,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> None:
    """Show the dated entries of one act, or every entry with a doubt."""
    if unverified == bool(code):
        raise typer.BadParameter(
            say("donnez un code d'acte, ou --unverified seul", "give an act's code, or --unverified alone"),
            param_hint="CODE",
        )
    day = _date(on)
    book = standard_book()
    rows = _unverified(book, day) if unverified else _act(book, code.upper(), day, specialty)
    if as_json:
        emit_json({"exit_code": int(ExitCode.DONE), "entries": [row.document(lang) for row in rows]})
    else:
        _print(rows, lang)


@dataclass(frozen=True, slots=True)
class _Row:
    """One dated entry as shown."""

    key: str
    label_fr: str
    label_en: str
    value: str  # neutral form
    unit: str
    entry: Price | LegalValue
    specialties: tuple[str, ...]
    rate_percent: int | None
    reasons: tuple[str, str]

    def reason(self, lang: Language) -> str:
        return self.reasons[0] if lang == "fr" else self.reasons[1]

    def document(self, lang: Language) -> dict[str, object]:
        start, end, source = self.entry.valid_from, self.entry.valid_to, self.entry.source
        return {
            "code": self.key,
            "label": self.label_fr if lang == "fr" else self.label_en,
            "value": self.value,
            "unit": self.unit,
            "valid_from": start.isoformat() if start else None,
            "valid_to": end.isoformat() if end else None,
            "specialties": list(self.specialties),
            "rate_percent": self.rate_percent,
            "unverified": self.reason(lang) or None,
            "citation": source.citation,
            "confidence": source.confidence.value,
            "checked_on": source.checked_on.isoformat(),
        }


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(
            say("une date comme 2022-04-27 est attendue", "a date as 2022-04-27 is expected"), param_hint="--on"
        ) from None


def _act(book: TariffBook, code: str, day: date | None, specialty: str) -> list[_Row]:
    entries = book.periods(code)
    if not entries:
        fail(finding("T004", Place(field=code), act=code))
    entries = tuple(entry for entry in entries if not specialty or specialty in entry.specialties)
    if not entries:
        fail(finding("T002", Place(field=code), act=code, specialty=specialty))
    entries = tuple(entry for entry in entries if day is None or in_force(entry, day))
    if not entries and day is not None:
        fail(finding("T001", Place(field=code), act=code, on=day.isoformat()))
    return [_price_row(book, entry, day) for entry in entries]


def _price_row(book: TariffBook, entry: Price, day: date | None) -> _Row:
    rate = book.rate(rate_family_of(entry.specialties[0]), entry.group, day) if day else None
    return _Row(
        entry.code,
        entry.label_fr,
        entry.label_fr,
        plain(entry.cents),
        "EUR",
        entry,
        entry.specialties,
        rate.percent if rate else None,
        why_unverified(entry.source, entry.valid_from, start_matters=True),
    )


def _unverified(book: TariffBook, day: date | None) -> list[_Row]:
    rows = [_price_row(book, entry, day) for entry in book.prices if day is None or in_force(entry, day)]
    rows += [
        _Row(
            value.key,
            value.label_fr,
            value.label_en,
            plain(value.value) if value.unit is Unit.CENTS else str(value.value),
            "EUR" if value.unit is Unit.CENTS else value.unit.value,
            value,
            (),
            None,
            why_unverified(value.source, value.valid_from, start_matters=False),
        )
        for value in book.values
        if day is None or in_force(value, day)
    ]
    return [row for row in rows if row.reasons[0]]


def _print(rows: list[_Row], lang: Language) -> None:
    brush, words = Brush(), _WORDS[lang]
    for row in rows:
        start, end, source = row.entry.valid_from, row.entry.valid_to, row.entry.source
        amount = shown(int(row.value.replace(".", "")), lang) if row.unit == "EUR" else f"{row.value} {row.unit}"
        facts = [amount, words["period"].format(start=start or words["unknown"], end=end or words["open"])]
        if row.specialties:
            facts.append(words["specialties"] + " " + _few(row.specialties))
        if row.rate_percent is not None:
            facts.append(words["rate"].format(rate=row.rate_percent))
        print(f"{brush.paint(row.key, 'bold')}  {row.label_fr if lang == 'fr' else row.label_en}")
        print("  " + " · ".join(facts))
        checked = words["source"].format(
            citation=source.citation, confidence=source.confidence.value, checked=source.checked_on.isoformat()
        )
        print("  " + brush.paint(checked, "dim"))
        if row.reasons[0]:
            print("  " + brush.paint(words["verify"] + row.reason(lang), "magenta"))


_WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "period": "du {start} au {end}",
        "unknown": "(inconnu)",
        "open": "(en vigueur)",
        "specialties": "spécialités",
        "rate": "pris en charge à {rate} %",
        "source": "{citation}, confiance {confidence}, vérifié le {checked}",
        "verify": "À vérifier : ",
    },
    "en": {
        "period": "from {start} to {end}",
        "unknown": "(unknown)",
        "open": "(in force)",
        "specialties": "specialties",
        "rate": "covered at {rate} %",
        "source": "{citation}, confidence {confidence}, checked on {checked}",
        "verify": "To verify: ",
    },
}


def _few(specialties: tuple[str, ...]) -> str:
    first = " ".join(specialties[:6])
    return first if len(specialties) <= 6 else f"{first} +{len(specialties) - 6}"
