"""Figures of signature and seal, each beside the bare operations that it cannot do without, measured in the same run.

One sign, one verify: RSA-2048 PKCS#1 v1.5 SHA-256. One encrypt, one decrypt: RSA-2048 PKCS#1 v1.5 of a key and AES-256-CBC,
with their integrity left out as in CMS. Bare operations work on the same bytes as ours and do nothing else. "Parsing" is what
the figure of a lot with sheets leaves apart: undoing the mail's base64, reading the signature's structure, splitting the lot,
reading its table.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from vaguemestre.bench.figure import Bench, Figure, Unit, fastest
from vaguemestre.core.caresheet import SheetIdentity
from vaguemestre.core.clock import Clock, Randomness
from vaguemestre.core.findings import Place
from vaguemestre.core.parties import Destination
from vaguemestre.core.seal.lotmessage import LotManifest, compose_lot, split_lot
from vaguemestre.core.seal.mime import read_entity
from vaguemestre.core.seal.sealing import Role, Verdict
from vaguemestre.core.seal.sheetsigning import (
    SheetHeader,
    SignedSheet,
    decode_signature_table,
    encode_signature_table,
    sign_sheet,
    signed_bytes,
    table_of,
)
from vaguemestre.core.values import dataclass
from vaguemestre.edge.clock import SystemClock
from vaguemestre.edge.randomness import SystemRandomness
from vaguemestre.edge.seal.certificates import (
    PayerAuthorities,
    Subject,
    Usage,
    Validity,
    create_payer_authorities,
    issue,
)
from vaguemestre.edge.seal.cms_open import DecryptionKeys, decrypt, read_signed
from vaguemestre.edge.seal.keys import FileDecryptionKey, FileSigner, SigningKey
from vaguemestre.edge.seal.sheet_verifier import PROFESSIONAL, SheetVerifier
from vaguemestre.edge.seal.smime import Opener, Sealer
from vaguemestre.edge.seal.transport64 import decode_lines
from vaguemestre.edge.seal.truststore import TrustStore

LOT_BYTES: Final = 16 * 1024
SHEETS: Final = 50
CARDS: Final = 25
RECORDS_PER_SHEET: Final = 6
_PKCS1: Final = padding.PKCS1v15()
_SHA256: Final = hashes.SHA256()
_ROUNDS, _QUICK_ROUNDS = 300, 20


@dataclass(frozen=True, slots=True)
class SealFigure:
    """One figure: seconds of the bare operations and of ours; `ratio` is our rate over theirs, `floor` what it must reach.

    `parsing_seconds` is what was left out of ours (0 when nothing was). A floor of 0 only informs.
    """

    name: str
    fr: str
    en: str
    bare_seconds: float
    our_seconds: float
    floor: float
    parsing_seconds: float = 0.0

    @property
    def ratio(self) -> float:
        return self.bare_seconds / self.our_seconds

    @property
    def ratio_with_parsing(self) -> float:
        return self.bare_seconds / (self.our_seconds + self.parsing_seconds)

    @property
    def reached(self) -> bool:
        return self.ratio >= self.floor


@dataclass(frozen=True, slots=True)
class _World:
    """A GP, 25 cards, a fund: keys made for this run."""

    professional_key: rsa.RSAPrivateKey
    fund_key: rsa.RSAPrivateKey
    professional: FileSigner
    cards: tuple[FileSigner, ...]
    card_keys: tuple[rsa.RSAPublicKey, ...]
    fund_certificate: bytes
    trust: TrustStore


def measure(bench: Bench) -> Iterator[Figure]:
    """Our rate over that of the bare operations, three times; and the last once more with its parsing."""
    rounds = _QUICK_ROUNDS if bench.quick else _ROUNDS
    for one in measure_seal(SystemClock(), SystemRandomness(), rounds):
        yield Figure(one.name, one.fr, one.en, one.ratio, Unit.RATIO, one.floor)
        if one.parsing_seconds:
            fr, en = f"{one.fr}, lecture comprise", f"{one.en}, parsing included"
            yield Figure(f"{one.name}-parsed", fr, en, one.ratio_with_parsing, Unit.RATIO)


def measure_seal(clock: Clock, randomness: Randomness, rounds: int = _ROUNDS) -> Iterator[SealFigure]:
    """Every figure of this room, one by one; takes a few seconds at the usual number of rounds."""
    world = _world(clock)
    yield from _without_sheets(world, clock, randomness, rounds)
    yield _with_sheets(world, clock, randomness, max(2, rounds // 2))


def _world(clock: Clock) -> _World:
    def new() -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    validity = Validity.days(clock.now() - timedelta(days=1), 365)
    authority_key, professional_key, fund_key = new(), new(), new()
    card_keys = [new() for _ in range(5)]
    keys: dict[Role | None, SigningKey] = dict.fromkeys((None, *Role), authority_key)
    tree = create_payer_authorities("bench", keys, validity)
    cards = [
        _signer(tree, Role.CARD, f"BENCH{number:04d}", card_keys[number % len(card_keys)], validity)
        for number in range(CARDS)
    ]
    fund = _certificate(tree, Role.FUND, "017510000", fund_key, Usage.ENCRYPT, validity)
    return _World(
        professional_key,
        fund_key,
        _signer(tree, Role.PROFESSIONAL, "10000000000", professional_key, validity),
        tuple(cards),
        tuple(card_keys[number % len(card_keys)].public_key() for number in range(CARDS)),
        fund,
        TrustStore(tree.certificates),
    )


def _certificate(
    tree: PayerAuthorities, role: Role, number: str, key: rsa.RSAPrivateKey, usage: Usage, validity: Validity
) -> bytes:
    subject = Subject(number, number)
    certificate = issue(tree.by_role[role], role, subject, key.public_key(), usage, validity)
    return certificate.public_bytes(serialization.Encoding.DER)


def _signer(tree: PayerAuthorities, role: Role, number: str, key: rsa.RSAPrivateKey, validity: Validity) -> FileSigner:
    certificate = _certificate(tree, role, number, key, Usage.SIGN, validity)
    return FileSigner(key, certificate, tree.by_role[role].chain_der)


def _without_sheets(world: _World, clock: Clock, randomness: Randomness, rounds: int) -> Iterator[SealFigure]:
    content = randomness.draw(LOT_BYTES)
    now = clock.now()
    sealer = Sealer(world.professional, randomness)
    opener = _opener(world, randomness)
    entity = sealer.seal(content, [world.fund_certificate], now).entity
    bare, ours = fastest(
        rounds,
        lambda: _bare_seal(world, content),
        lambda: sealer.seal(content, [world.fund_certificate], now),
    )
    yield SealFigure("seal-lot", "sceller un lot de 16 Ko", "seal a lot of 16 KB", bare, ours, 0.75)
    bare_open = _bare_open(world, content)
    bare, ours = fastest(rounds, bare_open, lambda: opener.open(entity, received_at=now, roles=PROFESSIONAL))
    yield SealFigure("open-lot", "ouvrir un lot de 16 Ko", "open a lot of 16 KB", bare, ours, 0.60)


def _with_sheets(world: _World, clock: Clock, randomness: Randomness, rounds: int) -> SealFigure:
    now = clock.now()
    signed, records = _sheets(world, now.date(), clock)
    manifest = LotManifest(
        1, "751990115", "01", Destination("01", "751"), now.date(), 1, SHEETS, 0, ("bench@invalid",), "bench", "0"
    )
    table_bytes = encode_signature_table(table_of(signed))
    content = compose_lot(manifest, b"".join(records.values()), table_bytes)
    entity = Sealer(world.professional, randomness).seal(content, [world.fund_certificate], now).entity
    opener, verifier = _opener(world, randomness), SheetVerifier(world.trust)
    table, _ = decode_signature_table(table_bytes)
    if table is None or any(
        item.verdict is not Verdict.ACCEPT for item in verifier.verify(table, records, received_at=now)[0]
    ):
        raise RuntimeError("our own sheets do not verify")
    checks = _sheet_checks(world, signed, records)
    bare_open = _bare_open(world, content)

    def bare() -> None:
        bare_open()
        for key, signature, data in checks:
            key.verify(signature, data, _PKCS1, _SHA256)

    def ours() -> None:
        opener.open(entity, received_at=now, roles=PROFESSIONAL)
        verifier.verify(table, records, received_at=now)

    def parsing() -> None:
        split_lot(content)
        decode_signature_table(table_bytes)

    bare_seconds, all_seconds, message_seconds, parsing_seconds = fastest(
        rounds, bare, ours, _message_parsing(world, entity, randomness), parsing
    )
    return SealFigure(
        "open-sheets",
        "ouvrir un lot de 50 feuilles et vérifier ses 75 signatures",
        "open a lot of 50 sheets and verify its 75 signatures",
        bare_seconds,
        all_seconds - message_seconds,
        0.85,
        message_seconds + parsing_seconds,
    )


def _sheet_checks(
    world: _World, signed: list[SignedSheet], records: dict[str, bytes]
) -> list[tuple[rsa.RSAPublicKey, bytes, bytes]]:
    """(key, signature, signed bytes) of the 75 bare verifications."""
    public = world.professional_key.public_key()
    covered = [signed_bytes(one.header, records[one.invoice_number], one.signed_at) for one in signed]
    checks = [(public, one.signature, data) for one, data in zip(signed, covered, strict=True)]
    return checks + [
        (world.card_keys[number], signed[number].card_signature, covered[number]) for number in range(CARDS)
    ]


def _message_parsing(world: _World, entity: bytes, randomness: Randomness) -> Callable[[], None]:
    """Undoing the mail's base64 around and inside the envelope and reading the signature's structure, as opening does."""
    outer = read_entity(entity)
    keys = DecryptionKeys([FileDecryptionKey(world.fund_key, world.fund_certificate)])
    envelope = decode_lines(outer.body_view) if outer is not None else None
    inside, _ = decrypt(envelope or b"", keys, randomness, Place())

    def run() -> None:
        signed: bytes | None = None
        for data in (entity, inside or b""):
            found = read_entity(data)
            signed = decode_lines(found.body_view) if found is not None else None
        read_signed(signed or b"", Place())

    return run


def _sheets(world: _World, day: date, clock: Clock) -> tuple[list[SignedSheet], dict[str, bytes]]:
    """50 sheets of 6 records, the first 25 with a card; an invoice's records by its number."""
    signed: list[SignedSheet] = []
    records: dict[str, bytes] = {}
    for number in range(SHEETS):
        identity = SheetIdentity("751990115", day, number + 1)
        items: dict[str, str | int | bool | None] = {"completed_on": day.isoformat(), "complementary_billed": False}
        items |= {"mode": "secured", "card_serial": f"BENCH{number:04d}", "prior_approval_requested_on": None}
        data = (b"%s%09d" % (b"2" * 119, number)) * RECORDS_PER_SHEET
        card = world.cards[number] if number < CARDS else None
        one = sign_sheet(SheetHeader(identity, items), data, clock.now(), world.professional, card)
        signed.append(one)
        records[one.invoice_number] = data
    return signed, records


def _opener(world: _World, randomness: Randomness) -> Opener:
    return Opener([FileDecryptionKey(world.fund_key, world.fund_certificate)], world.trust, randomness)


def _bare_seal(world: _World, content: bytes) -> None:
    world.professional_key.sign(content, _PKCS1, _SHA256)
    world.fund_key.public_key().encrypt(content[:32], _PKCS1)
    Cipher(AES(content[:32]), CBC(content[:16])).encryptor().update(content)


def _bare_open(world: _World, content: bytes) -> Callable[[], None]:
    """One decrypt and one verify of `content`, everything they need being ready."""
    wrapped = world.fund_key.public_key().encrypt(content[:32], _PKCS1)
    signature = world.professional_key.sign(content, _PKCS1, _SHA256)
    public = world.professional_key.public_key()
    key, vector = content[:32], content[:16]
    blocks = content[: len(content) // 16 * 16]

    def run() -> None:
        world.fund_key.decrypt(wrapped, _PKCS1)
        Cipher(AES(key), CBC(vector)).decryptor().update(blocks)
        public.verify(signature, content, _PKCS1, _SHA256)

    return run
