"""`practice.toml`: what a person decides for one practice, and the commented file that `practice init` writes.

Paths are relative to the file's directory. Secrets stand in files of their own.
"""

import dataclasses
import json
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from vaguemestre.core.calendar import Territory
from vaguemestre.core.findings import Language
from vaguemestre.core.numbering import RANGE_SIZE_MIN, SERIAL_MAX
from vaguemestre.core.parties import PracticeMode
from vaguemestre.core.values import dataclass
from vaguemestre.edge.config import setting
from vaguemestre.edge.mail.smtp import Security

CONFIG_NAME: Final = "practice.toml"
NINE_DIGITS: Final = r"[0-9]{9}"
PORTS: Final = (1, 65535)
SERIALS: Final = (1, SERIAL_MAX)


@dataclass(frozen=True, slots=True)
class StationConfig:
    """One billing number that this machine serves, and its range of serials."""

    billing_number: str = setting(
        fr="Numéro de facturation, 9 chiffres avec la clé.",
        en="Billing number, 9 digits with its key.",
        example='"751990110"',
        form=NINE_DIGITS,
    )
    rank: str = setting(
        fr="Rang de ce poste chez la caisse.", en="Rank of this machine with the fund.", example='"01"', default="01",
        form=r"[0-9]{2}",
    )  # fmt: skip
    first: int = setting(
        fr="Premier numéro d'ordre que ce poste donne chaque jour.",
        en="First serial that this machine gives each day.",
        example="1",
        default=1,
        bounds=SERIALS,
    )
    last: int = setting(
        fr="Dernier numéro d'ordre ; les plages de deux postes ne se touchent pas.",
        en="Last serial; the ranges of two machines do not meet.", example="9999", default=9999,
        bounds=SERIALS,
    )  # fmt: skip

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """A range that is too short to number from, even after restores."""
        if self.last - self.first + 1 >= RANGE_SIZE_MIN:
            return
        least = self.first + RANGE_SIZE_MIN - 1
        if least <= SERIAL_MAX:
            yield "last", f"{least} ... {SERIAL_MAX}"
        else:
            yield "first", f"1 ... {SERIAL_MAX - RANGE_SIZE_MIN + 1}"


@dataclass(frozen=True, slots=True)
class PerformerConfig:
    """One professional who performs and signs here."""

    rpps: str = setting(fr="RPPS, 11 chiffres.", en="RPPS, 11 digits.", example='"10010000015"', form=r"[0-9]{11}")
    billing_number: str = setting(
        fr="Son propre numéro d'assurance maladie.", en="Their own health insurance number.", example='"751990110"',
        form=NINE_DIGITS,
    )  # fmt: skip
    specialty: str = setting(fr="Spécialité, 2 chiffres.", en="Specialty, 2 digits.", example='"01"', form=r"[0-9]{2}")
    card: Path = setting(
        fr="Sa carte : fichier PKCS#12 ou PEM.", en="Their card: a PKCS#12 or PEM file.", example='"cards/doctor.p12"'
    )
    card_passphrase_file: str = setting(
        fr="Fichier du code de la carte ; vide s'il n'y en a pas.", en="File of the card's code; empty without one.",
        example='""', default="",
    )  # fmt: skip
    mode: PracticeMode = setting(
        fr="L libéral, S salarié, V bénévole.", en="L self-employed, S salaried, V volunteer.",
        example='"L"', default=PracticeMode.LIBERAL,
    )  # fmt: skip
    signs_lots: bool = setting(
        fr="Cette carte peut signer les lots.", en="This card may sign lots.", example="true", default=True
    )


@dataclass(frozen=True, slots=True)
class WayConfig:
    """One mail account: a way of reaching the payer. Two operators are better than one."""

    name: str = setting(fr="Nom du chemin, pour vous.", en="Name of the way, for you.", example='"a"')
    address: str = setting(fr="Adresse de la boîte.", en="The mailbox's address.", example='"cabinet@a.example"')
    password_file: Path = setting(
        fr="Fichier du mot de passe (première ligne).", en="Password file (its first line).", example='"secrets/a.txt"'
    )
    submission_host: str = setting(fr="Serveur d'envoi.", en="Server for sending.", example='"smtp.a.example"')
    pop3_host: str = setting(fr="Serveur de lecture.", en="Server for collecting.", example='"pop.a.example"')
    submission_port: int = setting(
        fr="Port d'envoi (TLS).", en="Port for sending (TLS).", example="465", default=465, bounds=PORTS
    )
    pop3_port: int = setting(
        fr="Port de lecture (TLS).", en="Port for collecting (TLS).", example="995", default=995, bounds=PORTS
    )
    submission_security: Security = setting(
        fr="tls ou starttls.", en="tls or starttls.", example='"tls"', default=Security.TLS
    )
    ca_file: str = setting(
        fr="Certificat attendu des serveurs ; vide : ceux du système.", en="The servers' expected certificate; empty: system's.",
        example='""', default="",
    )  # fmt: skip
    operator: str = setting(
        fr="Qui tient cette boîte, s'il en tient plusieurs.", en="Who runs this mailbox, when they run several.",
        example='""', default="",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PracticeConfig:
    """The whole file."""

    name: str = setting(
        fr="Nom du cabinet, en capitales sans accent.", en="The practice's name, capitals without accents.",
        example='"CABINET MARTIN"',
    )  # fmt: skip
    store_key: Path = setting(
        fr="Clé du dossier : hors du dossier, et gardée aussi ailleurs. Sans elle, une sauvegarde ne s'ouvre pas.",
        en="The store's key: outside the directory, and kept elsewhere too. Without it no backup opens.",
        example='"../practice.key"',
    )
    trust: Path = setting(
        fr="Dossier des autorités de la caisse.", en="Directory of the fund's authorities.", example='"trust"'
    )
    station_keys: tuple[Path, ...] = setting(
        fr="Clés de ce poste, pour lire les réponses (les anciennes restent).",
        en="This machine's keys, to read the answers (former ones stay).",
        example='["station.pem"]',
    )
    backup_directory: str = setting(
        fr="Second endroit, sur un autre disque. Vide : aucune sauvegarde.", en="Second place, on another disk. Empty: no backup.",
        example='"/media/backup/practice"', default="",
    )  # fmt: skip
    territory: Territory = setting(
        fr="Calendrier des jours ouvrés.", en="Calendar of working days.", example='"metropolitan"',
        default=Territory.METROPOLITAN,
    )  # fmt: skip
    structure_number: str = setting(
        fr="Numéro FINESS d'un centre de santé.", en="FINESS number of a health centre.", example='""', default=""
    )
    lot_size: int = setting(
        fr="Feuilles par lot, au plus.", en="Sheets in one lot, at most.", example="50", default=50, bounds=(1, 999)
    )
    lot_wait_minutes: int = setting(
        fr="Combien de temps un lot incomplet attend.",
        en="How long a lot that is not full waits.",
        example="0",
        default=0,
        bounds=(0, 3 * 24 * 60),  # beyond it the law's own deadline is missed by waiting alone
    )
    demo: bool = setting(
        fr="Fichiers d'essai, qui ne paient rien.", en="Test files, which pay nothing.", example="false", default=False
    )
    stations: tuple[StationConfig, ...] = setting(
        fr="Ce que ce poste numérote.", en="What this machine numbers.", default=()
    )
    performers: tuple[PerformerConfig, ...] = setting(fr="Qui signe ici.", en="Who signs here.", default=())
    ways: tuple[WayConfig, ...] = setting(
        fr="Les chemins, dans l'ordre de préférence.", en="The ways, in order of preference.", default=()
    )


def written(config: Any, lang: Language) -> str:
    """The file for these values, each setting explained."""
    return "\n".join(_table(config, lang)) + "\n"


def _table(value: Any, lang: Language) -> Iterator[str]:
    """Plain settings first, then one `[[table]]` per row of each list of tables."""
    later: list[tuple[str, str, tuple[Any, ...]]] = []
    for entry in dataclasses.fields(value):
        given = getattr(value, entry.name)
        if isinstance(given, tuple) and dataclasses.is_dataclass(_row_kind(type(value), entry.name)):
            later.append((entry.name, entry.metadata[lang], given))
            continue
        yield f"# {entry.metadata[lang]}"
        yield f"{entry.name} = {_toml(given)}"
    for name, meaning, rows in later:
        yield f"\n# {meaning}"
        for row in rows:
            yield f"[[{name}]]"
            yield from _table(row, lang)


def _row_kind(shape: type, name: str) -> Any:
    arguments = typing.get_args(typing.get_type_hints(shape)[name])
    return arguments[0] if arguments else None


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return json.dumps(Path(str(value)).as_posix() if isinstance(value, Path) else str(value), ensure_ascii=False)
