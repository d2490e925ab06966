"""Sound inputs of every wire format, and a fixed way to spoil them: the same number always gives the same mutant."""

import gzip
import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from random import Random

import seal_kit
from payer_kit import sheet
from sheet_kit import FUND, card

sys.path.append(str(Path(__file__).parents[2] / "tools"))

import noemie_specimens
import specimens

from vaguemestre.core.b2.assembly import sheet_to_invoice
from vaguemestre.core.card.passing import PatientCard
from vaguemestre.core.directory.bundle import Bundle, CertificateUse, Fund, PublishedCertificate, encode_bundle
from vaguemestre.core.mail.bounce import Bounce, build_bounce
from vaguemestre.core.parties import Destination
from vaguemestre.core.seal.mime import compose_multipart
from vaguemestre.core.seal.sealing import Role
from vaguemestre.core.wire.acknowledgement import (
    AcknowledgedOutcome,
    AcknowledgedSheet,
    Acknowledgement,
    AcknowledgementKind,
    encode_acknowledgement,
)
from vaguemestre.edge.seal.cardfile import write_card

NOON = datetime(2022, 4, 27, 12, tzinfo=UTC)
INTERESTING = (
    b"",
    b"\x00",
    b"\xff",
    b"@",
    b"\r\n",
    b"\n",
    b" ",
    b"0" * 9,
    b"9" * 40,
    b'"',
    b"{",
    b"]",
    b"--",
    b"=",
    b"\x30\x80",
    b"\x1f\x8b",
)
"""What mutants get in the place of what was there."""


def mutants(seeds: list[bytes], count: int) -> Iterator[bytes]:
    """The seeds themselves, then `count` spoiled copies: bytes changed, cut, doubled, swapped, two seeds crossed."""
    yield from seeds
    for number in range(count):
        random = Random(number)
        data = random.choice(seeds)
        for _ in range(random.choice((1, 1, 1, 2, 5))):
            data = _spoilt(data, random, seeds)
        yield data


def _spoilt(data: bytes, random: Random, seeds: list[bytes]) -> bytes:
    at, size = random.randrange(len(data) + 1), random.choice((0, 1, 1, 2, 8, 128, 1000))
    match random.randrange(6):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + random.choice(INTERESTING) + data[at:]
        case 2:
            return data[:at] + data[at + size :]
        case 3:
            return data[:at] + bytes(random.randrange(256) for _ in range(min(size, 8))) + data[at + min(size, 8) :]
        case 4:
            return data[:at] + data[at : at + size] * random.choice((2, 3, 50)) + data[at + size :]
        case _:
            other = random.choice(seeds)
            return data[:at] + other[random.randrange(len(other) + 1) :]


@cache
def lots() -> list[bytes]:
    """B2 files: each specimen."""
    return [item.data for item in specimens.SPECIMENS]


@cache
def returns() -> list[bytes]:
    return [
        noemie_specimens.build(parts, end)
        for parts in (noemie_specimens.office(), noemie_specimens.hospital())
        for end in (b"", b"\r\n")
    ]


@cache
def acknowledgements() -> list[bytes]:
    refused = AcknowledgedSheet(
        "221170002", 2022, AcknowledgedOutcome.REFUSED, "B005", 9, (70, 75), "[0470]", None, "DATE"
    )
    answer = Acknowledgement(
        kind=AcknowledgementKind.MIXED,
        billing_number="291991107",
        destination=Destination("01", "751"),
        lot_date=date(2022, 4, 27),
        lot_number=7,
        content_digest="0123456789ABCDEF" * 2,
        received_at=NOON,
        acknowledged_at=NOON + timedelta(minutes=2),
        registered_count=48,
        fund_cents=84_000,
        sheets=(refused,),
    )
    return [encode_acknowledgement(answer)]


@cache
def messages() -> list[bytes]:
    made = []
    for data, encoding in (
        (lots()[0], "base64"),
        (returns()[0], "quoted-printable"),
        (gzip.compress(lots()[1]), "base64"),
        (lots()[2], "7bit"),
    ):
        message = EmailMessage()
        message["From"], message["Subject"] = "a@b.example", "IR"
        message.set_content("Bonjour")
        message.add_attachment(data, maintype="application", subtype="EDI-consent", cte=encoding)
        made += [message.as_bytes(), gzip.compress(message.as_bytes())]
    return made


@cache
def packed() -> list[bytes]:
    return [gzip.compress(data) for data in (*lots()[:2], returns()[0])] + [
        gzip.compress(lots()[0]) + gzip.compress(lots()[1])
    ]


@cache
def entries() -> list[bytes]:
    head = "feuille;patient;nir_assure;date_naissance;regime;caisse;reglement;date_acte;acte;montant\n"
    row = "F1;Castaing Rose;2700382990017{};09/03/1970;1;751;tp;27/04/2022;G;25,00\n"
    return [
        (head + row + row.replace("F1", "F2")).encode(),
        (head + row).encode("latin-1"),
        ("\ufeff" + head + row).encode(),
    ]


@cache
def entries_json() -> list[bytes]:
    one = {
        "feuille": "F1",
        "regime": "1",
        "caisse": "751",
        "actes": [{"date_acte": "2022-04-27", "acte": "G", "montant": "25,00"}],
    }
    return [
        json.dumps([one, one]).encode(),
        json.dumps(one).encode() + b"\n" + json.dumps(one).encode(),
        json.dumps({"sheets": [one]}).encode(),
    ]


@cache
def sealed() -> list[bytes]:
    return [seal_kit.seal(b"Content-Type: application/EDI-consent\r\n\r\n" + lots()[0])]


@cache
def contents() -> list[bytes]:
    """What is signed: one part, several parts."""
    invoice, _ = sheet_to_invoice(sheet(1, 1))
    assert invoice is not None
    head = (
        ("Content-Type", "application/EDI-consent"),
        ("Content-Transfer-Encoding", "binary"),
        ("Content-Description", "IRIS/B2"),
    )
    manifest = (("Content-Type", "application/vnd.vaguemestre.lot+json"), ("Content-Transfer-Encoding", "binary"))
    parts = compose_multipart(((manifest, b'{"version":1}'), (head, lots()[0]), (manifest, bytes(range(200)))))
    single = b"Content-Type: application/EDI-consent\r\nContent-Transfer-Encoding: binary\r\n\r\n" + invoice
    return [parts, single]


@cache
def bundles() -> list[bytes]:
    certificate = PublishedCertificate(CertificateUse.SIGN, b"0\x00", NOON, NOON + timedelta(days=700))
    encrypt = PublishedCertificate(CertificateUse.ENCRYPT, b"0\x00", NOON, NOON + timedelta(days=700))
    fund = Fund(FUND, "Caisse de Paris", "017510000@fund.example", (certificate, encrypt))
    return [encode_bundle(Bundle(issuer="payer.example", sequence=7, issued_at=NOON, funds=(fund,)))]


@cache
def cards() -> list[bytes]:
    plain: PatientCard = card()
    authority = seal_kit.authorities().by_role[Role.CARD].signer()
    return [write_card(plain, authority)]


@cache
def certificates() -> list[bytes]:
    return [seal_kit.professional().certificate_der, seal_kit.fund_box().certificate]


@cache
def bounces() -> list[bytes]:
    bounce = Bounce("017510000@fund.example", "5.1.1", "550 5.1.1 no such user", "abc@practice.example")
    return [build_bounce(reporter="mail.example", sender="p@mail.example", bounce=bounce, dated=NOON, boundary="b0")]
