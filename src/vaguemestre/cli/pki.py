"""`vaguemestre pki`: create a payer's authorities, issue certificates, revoke them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.serialization import Encoding

from vaguemestre.cli.moment import INSTANT_FORMATS
from vaguemestre.cli.output import require_directory
from vaguemestre.cli.shell import JsonOption, LangOption, emit_json, fail, report_findings
from vaguemestre.cli.texts import say
from vaguemestre.core.canonical import encode
from vaguemestre.core.card.content import read_card_request
from vaguemestre.core.directory.bundle import CertificateUse, PublishedCertificate
from vaguemestre.core.directory.mandates import Station
from vaguemestre.core.findings import Finding, Language, Place
from vaguemestre.core.payer.registry import IssuedCard, RegisterFile, StationRecord
from vaguemestre.core.seal.sealing import KeyKind, RevocationReason, Role
from vaguemestre.edge.clock import SystemClock
from vaguemestre.edge.seal.certificates import Subject, Usage, Validity
from vaguemestre.edge.seal.keys import load_certificates
from vaguemestre.edge.seal.pki_directory import PkiDirectory

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=say(
        'Les autorités, certificats et révocations.\n\nExemple : vaguemestre pki init ./pki --name "CPAM de Paris"',
        'Authorities, certificates and revocations.\n\nExample: vaguemestre pki init ./pki --name "CPAM de Paris"',
    ),
)

DirectoryArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help=say("Dossier des autorités.", "Directory of the authorities."))
]
DaysOption = Annotated[int, typer.Option("--days", min=1, max=36500, help=say("Durée en jours.", "Validity in days."))]
FromOption = Annotated[
    datetime | None,
    typer.Option(
        "--from",
        formats=INSTANT_FORMATS,
        help=say("Début de validité (UTC) ; aujourd'hui par défaut.", "Start of validity (UTC); today by default."),
    ),
]
PassphraseOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help=say("Fichier dont la première ligne est la phrase secrète.", "File whose first line is the passphrase."),
    ),
]
AuthorityPassphraseOption = Annotated[
    Path | None,
    typer.Option("--authority-passphrase-file", metavar="FILE", help=say("De l'autorité.", "Of the authority.")),
]
FirstOption = Annotated[
    int, typer.Option("--first", min=1, max=9999, help=say("Premier numéro d'un poste.", "A station's first serial."))
]
LastOption = Annotated[
    int, typer.Option("--last", min=1, max=9999, help=say("Dernier numéro d'un poste.", "A station's last serial."))
]
OutputOption = Annotated[
    Path, typer.Option("--out", "-o", metavar="BASE", help=say("Fichiers à écrire.", "Files to write."))
]


def passphrase_in(path: Path | None) -> bytes | None:
    """The first line of a passphrase file, None without a file or when it is empty."""
    if path is None:
        return None
    return path.read_bytes().partition(b"\n")[0].rstrip(b"\r") or None


def _validity(start: datetime | None, days: int) -> Validity:
    if start is None:
        start = SystemClock().now().replace(hour=0, minute=0, second=0, microsecond=0)
    return Validity.days(start if start.tzinfo is not None else start.replace(tzinfo=UTC), days)


def _end(findings: list[Finding], document: dict[str, object], line: str, lang: Language, as_json: bool) -> int:
    """Show what was done, or fail with the findings."""
    if findings:
        fail(findings)
    if as_json:
        emit_json({"exit_code": 0, "findings": [], **document})
    else:
        typer.echo(line)
    return int(report_findings(findings, lang=lang))


@app.command(
    help=say(
        "Crée une autorité racine et une autorité par rôle (professionnels, cartes, caisses, postes).\n\n"
        'Exemple : vaguemestre pki init ./pki --name "CPAM de Paris"',
        "Create a root and one authority per role (professionals, cards, funds, stations).\n\n"
        'Example: vaguemestre pki init ./pki --name "CPAM de Paris"',
    )
)
def init(
    directory: DirectoryArgument,
    name: Annotated[str, typer.Option("--name", help=say("Nom du payeur.", "The payer's name."))] = "Vaguemestre",
    start: FromOption = None,
    days: DaysOption = 3650,
    passphrase_file: PassphraseOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """See the help text above."""
    pki = PkiDirectory(directory)
    findings = pki.create(name, _validity(start, days), passphrase_in(passphrase_file))
    line = say(f"Autorités créées. À donner à tous : {pki.trust}", f"Authorities created. For everybody: {pki.trust}")
    return _end(findings, {"trust": str(pki.trust)}, line, lang, as_json)


@app.command(
    help=say(
        "Fabrique une clé et son certificat : BASE.crt (public) et BASE.pem (clé et certificat, à garder).\n\n"
        'Exemple : vaguemestre pki issue ./pki professional 10101234564 --name "Dr Anne Martin" -o ./dr-martin\n\n'
        "Exemple : vaguemestre pki issue ./pki fund 017510000 --usage encrypt -o ./cpam",
        "Make a key and its certificate: BASE.crt (public) and BASE.pem (key and certificate, to keep).\n\n"
        'Example: vaguemestre pki issue ./pki professional 10101234564 --name "Dr Anne Martin" -o ./dr-martin\n\n'
        "Example: vaguemestre pki issue ./pki fund 017510000 --usage encrypt -o ./cpam",
    )
)
def issue(
    directory: DirectoryArgument,
    role: Annotated[Role, typer.Argument(help=say("Rôle du titulaire.", "The holder's role."))],
    number: Annotated[
        str,
        typer.Argument(
            help=say(
                "RPPS, numéro de carte, code de caisse (9 chiffres) ou numéro de poste.",
                "RPPS, card number, fund code (9 digits) or station number.",
            )
        ),
    ],
    output: OutputOption,
    name: Annotated[
        str, typer.Option("--name", help=say("Nom du titulaire ; son numéro par défaut.", "The holder's name."))
    ] = "",
    usage: Annotated[
        Usage | None,
        typer.Option("--usage", help=say("Signer, ou chiffrer (défaut des postes).", "Sign, or encrypt (stations).")),
    ] = None,
    kind: Annotated[KeyKind, typer.Option("--key", help=say("Type de clé.", "Kind of key."))] = KeyKind.RSA_2048,
    start: FromOption = None,
    days: DaysOption = 1095,
    first: FirstOption = 1,
    last: LastOption = 9999,
    as_pkcs12: Annotated[
        bool, typer.Option("--p12", help=say("Clé en PKCS#12 (BASE.p12).", "Key as PKCS#12 (BASE.p12)."))
    ] = False,
    passphrase_file: PassphraseOption = None,
    authority_passphrase_file: AuthorityPassphraseOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """See the help text above."""
    require_directory(output)
    chosen = usage or (Usage.ENCRYPT if role is Role.STATION else Usage.SIGN)
    issued, findings = PkiDirectory(directory).issue(
        role,
        Subject(number, name or number),
        chosen,
        kind,
        _validity(start, days),
        output,
        as_pkcs12=as_pkcs12,
        passphrase=passphrase_in(passphrase_file),
        authority_passphrase=passphrase_in(authority_passphrase_file),
    )
    if issued is None:
        fail(findings)
    document: dict[str, object] = {"certificate": str(issued.certificate), "key": str(issued.key)}
    line = say(
        f"Certificat : {issued.certificate}\nClé, à garder secrète : {issued.key}",
        f"Certificate: {issued.certificate}\nKey, to keep secret: {issued.key}",
    )
    if role is Role.STATION and chosen is Usage.ENCRYPT:
        entry = _register_entry(output, RegisterFile(stations=(_station(number, first, last, issued.certificate),)))
        document["register"] = str(entry)
        line += "\n" + _told_register(entry)
    return _end([], document, line, lang, as_json)


def _station(number: str, first: int, last: int, certificate: Path) -> StationRecord:
    """The station as the payer registers it: which serials it gives, and the certificate that its answers are sealed to."""
    read = load_certificates(certificate.read_bytes())[0]
    published = PublishedCertificate(
        CertificateUse.ENCRYPT,
        read.public_bytes(Encoding.DER),
        read.not_valid_before_utc,
        read.not_valid_after_utc,
    )
    return StationRecord(Station(number, number[:9], first, last), published)


def _told_register(entry: Path) -> str:
    return say(
        f"À inscrire chez la caisse : vaguemestre payer register {entry}",
        f"For the fund's register: vaguemestre payer register {entry}",
    )


def _register_entry(base: Path, entry: RegisterFile) -> Path:
    """What the payer is given to register, beside what was issued."""
    path = base.with_name(f"{base.name}.register.json")
    path.write_bytes(encode(entry))
    return path


@app.command(
    help=say(
        "Émet une carte de patient : BASE.json (la carte), BASE.key.pem (sa clé) et BASE.register.json (pour la caisse).\n\n"
        "Le fichier dit ce que la carte contient ; sans issued_on ni updated_on, c'est aujourd'hui.\n\n"
        "Exemple : vaguemestre pki card ./pki docs/examples/card.json -o ./carte",
        "Issue a patient's card: BASE.json (the card), BASE.key.pem (its key) and BASE.register.json (for the fund).\n\n"
        "The file says what the card holds; without issued_on and updated_on, it is today.\n\n"
        "Example: vaguemestre pki card ./pki docs/examples/card.json -o ./card",
    )
)
def card(
    directory: DirectoryArgument,
    content: Annotated[
        Path, typer.Argument(metavar="FILE", help=say("Contenu de la carte, en JSON.", "What the card holds, in JSON."))
    ],
    output: OutputOption,
    start: FromOption = None,
    days: DaysOption = 1825,
    authority_passphrase_file: AuthorityPassphraseOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """See the help text above."""
    require_directory(output)
    validity = _validity(start, days)
    asked, findings = read_card_request(content.read_bytes(), validity.not_before.date(), Place(source=content.name))
    if asked is None:
        fail(findings)
    issued, mistakes = PkiDirectory(directory).issue_card(
        asked, validity, output, passphrase_in(authority_passphrase_file)
    )
    if issued is None:
        fail(mistakes)
    entry = _register_entry(output, RegisterFile(cards=(IssuedCard(issued),)))
    shown = output.with_name(f"{output.name}.json")
    document: dict[str, object] = {"card": str(shown), "serial": issued.serial, "register": str(entry)}
    line = say(f"Carte {issued.serial} : {shown}", f"Card {issued.serial}: {shown}")
    return _end([], document, f"{line}\n{_told_register(entry)}", lang, as_json)


@app.command(
    help=say(
        "Révoque un certificat : il ne vaut plus pour ce qui est signé ensuite.\n\n"
        "Exemple : vaguemestre pki revoke ./pki ./dr-martin.crt --reason key-compromise",
        "Revoke a certificate: it counts no more for what is signed afterwards.\n\n"
        "Example: vaguemestre pki revoke ./pki ./dr-martin.crt --reason key-compromise",
    )
)
def revoke(
    directory: DirectoryArgument,
    certificate: Annotated[
        Path, typer.Argument(metavar="CERT", help=say("Certificat à révoquer.", "Certificate to revoke."))
    ],
    at: Annotated[
        datetime | None,
        typer.Option(
            "--at",
            formats=INSTANT_FORMATS,
            help=say("Instant de la révocation (UTC).", "Instant of the revocation (UTC)."),
        ),
    ] = None,
    reason: Annotated[
        RevocationReason, typer.Option("--reason", help=say("Motif.", "Reason."))
    ] = RevocationReason.UNSPECIFIED,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """See the help text above."""
    moment = SystemClock().now() if at is None else at.replace(tzinfo=UTC)
    revocation, findings = PkiDirectory(directory).revoke(certificate, moment, reason)
    if revocation is None:
        fail(findings)
    shown = revocation.revoked_at.astimezone(UTC)
    document: dict[str, object] = {"serial": f"{revocation.serial:x}", "revoked_at": shown.isoformat()}
    line = say(f"Révoqué le {shown:%Y-%m-%d %H:%M:%S} UTC.", f"Revoked on {shown:%Y-%m-%d %H:%M:%S} UTC.")
    return _end(findings, document, line, lang, as_json)
