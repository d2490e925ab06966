"""`payer.toml`: what a person decides for one payer, and the commented file that `payer init` writes.

Paths are relative to the file's directory. Secrets stand in files of their own.
"""

from pathlib import Path
from typing import Final

from vaguemestre.core.calendar import Territory
from vaguemestre.core.values import dataclass
from vaguemestre.edge.config import setting
from vaguemestre.edge.mail.smtp import Security

CONFIG_NAME: Final = "payer.toml"


@dataclass(frozen=True, slots=True)
class FundConfig:
    """One fund of this payer."""

    code: str = setting(
        fr="Régime, caisse et centre : 9 chiffres.", en="Scheme, fund and centre: 9 digits.", example='"017510000"',
        form=r"[0-9]{9}",
    )  # fmt: skip
    name: str = setting(fr="Nom de la caisse.", en="The fund's name.", example='"Caisse de Paris"')
    address: str = setting(
        fr="Adresse où la caisse reçoit les lots.",
        en="Address where the fund receives lots.",
        example='"01751@751.01.rss.example"',
        form=r"[^@\s]+@[^@\s]+",
    )
    signing_key: Path = setting(
        fr="Clé de signature de la caisse.", en="The fund's signing key.", example='"keys/017510000/sign.pem"'
    )
    decryption_keys: Path = setting(
        fr="Dossier de toutes ses clés de déchiffrement : on n'en retire jamais aucune.",
        en="Directory of all its decryption keys: none is ever removed.",
        example='"keys/017510000/decrypt"',
    )


@dataclass(frozen=True, slots=True)
class RouteConfig:
    """The mail server that serves one domain of practices."""

    domain: str = setting(
        fr="Domaine des boîtes ; * pour tout le reste.",
        en="Domain of mailboxes; * for all others.",
        example='"a.example"',
    )
    host: str = setting(
        fr="Serveur qui reçoit pour ce domaine.", en="Server that receives for it.", example='"mx.a.example"'
    )
    port: int = setting(fr="Port du serveur.", en="The server's port.", example="25", default=25, bounds=(1, 65535))
    security: Security = setting(
        fr="tls, starttls ou none : les réponses sont déjà chiffrées.",
        en="tls, starttls or none: answers are sealed already.",
        example='"starttls"',
        default=Security.STARTTLS,
    )
    ca_file: str = setting(
        fr="Certificat attendu du serveur ; vide : ceux du système.",
        en="The server's expected certificate; empty: the system's.",
        example='""',
        default="",
    )


@dataclass(frozen=True, slots=True)
class PayerConfig:
    """The whole file."""

    name: str = setting(fr="Nom de l'assureur.", en="The insurer's name.", example='"Assurance maladie"')
    store_key: Path = setting(
        fr="Clé du dossier : hors du dossier, et gardée aussi ailleurs. Sans elle, rien ne s'ouvre.",
        en="The store's key: outside the directory, and kept elsewhere too. Without it nothing opens.",
        example='"../payer.key"',
    )
    trust: Path = setting(
        fr="Dossier des autorités (professionnels, cartes, caisses, postes).",
        en="Directory of the authorities (professionals, cards, funds, stations).",
        example='"trust"',
    )
    intake_host: str = setting(
        fr="Adresse locale où recevoir le courrier.", en="Local address that takes mail in.",
        example='"127.0.0.1"', default="127.0.0.1",
    )  # fmt: skip
    intake_port: int = setting(
        fr="Port où recevoir le courrier.", en="Port that takes mail in.", example="2525", default=2525,
        bounds=(0, 65535),
    )  # fmt: skip
    payment_delay_working_days: int = setting(
        fr="Jours ouvrés entre réception et paiement ; la loi en accorde 7.",
        en="Working days from receipt to payment; the law allows 7.",
        example="5",
        default=5,
        bounds=(0, 7),
    )
    territory: Territory = setting(
        fr="Calendrier des jours ouvrés.", en="Calendar of working days.", example='"metropolitan"',
        default=Territory.METROPOLITAN,
    )  # fmt: skip
    round_seconds: int = setting(
        fr="Secondes entre deux tournées de `payer serve`.", en="Seconds between two rounds of `payer serve`.",
        example="5", default=5, bounds=(1, 3600),
    )  # fmt: skip
    demo: bool = setting(
        fr="Accepte aussi les lots d'essai.", en="Takes test lots as well.", example="false", default=False
    )
    funds: tuple[FundConfig, ...] = setting(
        fr="Les caisses de cet assureur.", en="The funds of this insurer.", default=()
    )
    routes: tuple[RouteConfig, ...] = setting(
        fr="Qui porte les réponses, domaine par domaine.", en="Who carries answers, domain by domain.", default=()
    )
