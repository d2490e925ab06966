"""`vaguemestre seal` and `vaguemestre open`: one file, sealed for a fund or opened from one, and who signed it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives import serialization

from vaguemestre.cli.moment import INSTANT_FORMATS
from vaguemestre.cli.output import require_directory, write_whole
from vaguemestre.cli.pki import PassphraseOption, passphrase_in
from vaguemestre.cli.shell import (
    ExitCode,
    JsonOption,
    LangOption,
    emit_json,
    exit_code_for,
    fail,
    finding_document,
    report_findings,
)
from vaguemestre.cli.texts import say
from vaguemestre.core.findings import Finding, Language, Place, errors_in, finding
from vaguemestre.core.mail.envelope import address_message
from vaguemestre.core.seal.filecontent import unwrap_content, wrap_file
from vaguemestre.core.seal.sealing import KeyKind, Opened, Role, Signer
from vaguemestre.edge.clock import SystemClock
from vaguemestre.edge.randomness import SystemRandomness
from vaguemestre.edge.seal.keys import load_certificates, load_key_file
from vaguemestre.edge.seal.smime import DEFAULT_LIMITS, Opener, Sealer
from vaguemestre.edge.seal.truststore import TrustStore, load_trust

AsOption = Annotated[
    Path,
    typer.Option(
        "--as",
        metavar="KEY",
        help=say("Votre clé et son certificat (PEM ou PKCS#12).", "Your key and certificate (PEM or PKCS#12)."),
    ),
]
OutOption = Annotated[Path, typer.Option("--out", "-o", metavar="OUT", help=say("Fichier à écrire.", "File to write."))]
ForceOption = Annotated[
    bool, typer.Option("--force", help=say("Remplace OUT s'il existe.", "Replace OUT when it exists."))
]


def seal(
    source: Annotated[Path, typer.Argument(metavar="IN", help=say("Fichier à sceller.", "File to seal."))],
    to: Annotated[
        list[Path],
        typer.Option(
            "--to", metavar="CERT", help=say("Certificat d'un destinataire (répétable).", "A recipient's (repeatable).")
        ),
    ],
    own: AsOption,
    output: OutOption,
    mail_from: Annotated[
        str, typer.Option("--mail-from", help=say("Adresse de l'expéditeur.", "The sender's address."))
    ] = "expediteur@invalid",
    mail_to: Annotated[
        str, typer.Option("--mail-to", help=say("Adresse du destinataire.", "The recipient's address."))
    ] = "destinataire@invalid",
    subject: Annotated[str, typer.Option("--subject", help=say("Objet du courrier.", "The mail's subject."))] = "IR",
    signed_at: Annotated[
        datetime | None,
        typer.Option(
            "--signed-at", formats=INSTANT_FORMATS, help=say("Instant de signature (UTC).", "Signing time (UTC).")
        ),
    ] = None,
    passphrase_file: PassphraseOption = None,
    force: ForceOption = False,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """See `help` at the end of this module."""
    _require_new(output, replace=force)
    now = SystemClock().now() if signed_at is None else signed_at.replace(tzinfo=UTC)
    content = wrap_file(_read(source))
    recipients, findings = _recipients(to, now)
    signer, more = _signer(own, passphrase_in(passphrase_file), now)
    findings += more
    if signer is None or errors_in(findings):
        fail(findings)
    sealed = Sealer(signer, SystemRandomness()).seal(content, recipients, now)
    message = address_message(
        sealed.entity,
        mail_from=mail_from,
        rcpt_to=mail_to,
        subject=subject,
        message_id=f"{sealed.digest[:32]}@invalid",
        dated=now,
    )
    write_whole(output, message)
    document: dict[str, object] = {"sealed_digest": sealed.digest, "output": str(output), "size_bytes": len(message)}
    line = say(
        f"Scellé : {output} ({len(message)} octets, empreinte {sealed.digest[:16]})",
        f"Sealed: {output} ({len(message)} bytes, digest {sealed.digest[:16]})",
    )
    return _report(findings, document, line, lang, as_json)


def open_sealed(
    source: Annotated[Path, typer.Argument(metavar="IN", help=say("Message scellé.", "Sealed message."))],
    own: AsOption,
    trust: Annotated[
        Path,
        typer.Option(
            "--trust",
            metavar="DIR",
            help=say("Autorités et révocations crues.", "Authorities and revocations believed."),
        ),
    ],
    output: OutOption,
    roles: Annotated[
        list[Role] | None,
        typer.Option("--role", help=say("Rôle exigé du signataire (répétable).", "Role required of the signer.")),
    ] = None,
    as_mime: Annotated[
        bool,
        typer.Option("--mime", help=say("Écrire le contenu signé tel quel.", "Write the signed content as it is.")),
    ] = False,
    received_at: Annotated[
        datetime | None,
        typer.Option(
            "--received-at", formats=INSTANT_FORMATS, help=say("Première réception (UTC).", "First receipt (UTC).")
        ),
    ] = None,
    passphrase_file: PassphraseOption = None,
    force: ForceOption = False,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """See `help` at the end of this module."""
    _require_new(output, replace=force)
    received = SystemClock().now() if received_at is None else received_at.replace(tzinfo=UTC)
    message = _read(source)
    store, findings = load_trust(trust)
    held, more = load_key_file(own, passphrase_in(passphrase_file))
    key, wrong = held.decryption_key() if held is not None else (None, [])
    findings += [*more, *wrong]
    if key is None or errors_in(findings):
        fail(findings)
    opened = Opener([key], store, SystemRandomness()).open(
        message, received_at=received, roles=frozenset(roles) if roles else None, source=source.name
    )
    findings += opened.findings
    if opened.content is None:
        fail(findings)
    plain, unwrapping = (opened.content, []) if as_mime else unwrap_content(opened.content, source.name)
    findings += unwrapping
    if plain is None:
        fail(findings)
    write_whole(output, plain)
    return _report(findings, _document(opened, output), _line(opened, output), lang, as_json)


def _read(path: Path) -> bytes:
    """The file, at most one byte more than what is accepted: the limit is then a finding, not a full memory."""
    with path.open("rb") as stream:
        data = stream.read(DEFAULT_LIMITS.message_bytes_max + 1)
    if len(data) > DEFAULT_LIMITS.message_bytes_max:
        size = path.stat().st_size
        limit = DEFAULT_LIMITS.message_bytes_max
        fail(finding("S001", Place(source=path.name), size=size, limit=limit), ExitCode.UNREADABLE)
    return data


def _require_new(output: Path, *, replace: bool) -> None:
    """A mistyped path makes no directory and destroys no file; said before anything is read."""
    require_directory(output)
    if output.exists() and not replace:
        fail(finding("S067", path=output))


def _recipients(paths: list[Path], now: datetime) -> tuple[list[bytes], list[Finding]]:
    """The recipients' certificates; without a trust directory only their use and dates can be judged."""
    found: list[bytes] = []
    findings: list[Finding] = []
    reader = TrustStore(())
    for path in paths:
        place = Place(source=path.name)
        certificates = load_certificates(path.read_bytes())
        if not certificates:
            findings.append(finding("S062", place, file=path.name))
            continue
        der = certificates[0].public_bytes(serialization.Encoding.DER)
        read = reader.read(der)
        if read is None or not read[0].may_encrypt or read[0].key_kind is not KeyKind.RSA_2048:
            findings.append(finding("S025", place, number=read[0].number if read else path.name))
            continue
        if not read[0].not_before <= now <= read[0].not_after:
            first, last = f"{read[0].not_before:%Y-%m-%d}", f"{read[0].not_after:%Y-%m-%d}"
            findings.append(finding("S023", place, number=read[0].number, valid_from=first, valid_to=last))
        found.append(der)
    return found, findings


def _signer(path: Path, passphrase: bytes | None, now: datetime) -> tuple[Signer | None, list[Finding]]:
    """The signer, refused when its certificate would be refused on arrival."""
    held, findings = load_key_file(path, passphrase)
    if held is None:
        return None, findings
    signer, findings = held.signer()
    read = TrustStore(()).read(signer.certificate_der) if signer is not None else None
    if signer is None or read is None:
        return None, findings
    facts, place, signed = read[0], Place(source=path.name), now.strftime("%Y-%m-%dT%H:%M:%SZ")
    if not facts.may_sign:
        findings.append(finding("S021", place, number=facts.number))
    if now < facts.not_before:
        findings.append(finding("S015", place, number=facts.number, valid_from=facts.not_before, signed=signed))
    if now > facts.not_after:
        findings.append(finding("S016", place, number=facts.number, valid_to=facts.not_after, signed=signed))
    return signer, findings


def _document(opened: Opened, output: Path) -> dict[str, object]:
    signer = opened.signer
    return {
        "verdict": opened.verdict.value,
        "signer": None
        if signer is None
        else {"number": signer.number, "name": signer.name, "role": signer.role, "fingerprint": signer.fingerprint},
        "signing_time": opened.signing_time.isoformat() if opened.signing_time else None,
        "sealed_digest": opened.digest,
        "output": str(output),
    }


def _line(opened: Opened, output: Path) -> str:
    signer = opened.signer
    who = f"{signer.name} ({signer.number or signer.fingerprint[:16]})" if signer else "?"
    return say(
        f"Ouvert : {output}\nSigné par {who}, le {opened.signing_time:%Y-%m-%d %H:%M:%S} UTC",
        f"Opened: {output}\nSigned by {who}, on {opened.signing_time:%Y-%m-%d %H:%M:%S} UTC",
    )


def _report(findings: list[Finding], document: dict[str, object], line: str, lang: Language, as_json: bool) -> int:
    code = exit_code_for(findings)
    if as_json:
        emit_json({"exit_code": int(code), "findings": [finding_document(item, lang) for item in findings], **document})
        return int(code)
    typer.echo(line)
    return int(report_findings(findings, lang=lang))


seal.__doc__ = say(
    "Signe et chiffre un fichier pour une ou plusieurs caisses : un message .eml prêt à envoyer.\n\n"
    "Un fichier B2 est emballé comme le transport le veut ; un contenu MIME est signé tel quel.\n\n"
    "Exemple : vaguemestre seal lot.b2 --to cpam.crt --as dr-martin.pem -o lot.eml",
    "Sign and encrypt a file to one or more funds: an .eml message ready to send.\n\n"
    "A B2 file is wrapped as its transport asks; MIME content is signed as it is.\n\n"
    "Example: vaguemestre seal lot.b2 --to cpam.crt --as dr-martin.pem -o lot.eml",
)
open_sealed.__doc__ = say(
    "Ouvre un message scellé, vérifie qui l'a signé, et écrit ce qu'il contient.\n\n"
    "Exemple : vaguemestre open lot.eml --as cpam.pem --trust pki/trust -o lot.b2",
    "Open a sealed message, verify who signed it, and write what it holds.\n\n"
    "Example: vaguemestre open lot.eml --as cpam.pem --trust pki/trust -o lot.b2",
)
