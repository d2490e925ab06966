"""Verifies the cards' signatures of a whole lot, or of one sheet alone; a bad signature refuses its sheet, never the lot.

The hot path of a payer: certificates are read and judged once per lot, and each signature costs little more than RSA itself.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.seal.sealing import (
    FUTURE_TOLERANCE,
    CertificateFacts,
    Role,
    SheetVerdict,
    SignatureAlgorithm,
    Trust,
    Verdict,
    judge,
    unquestioned,
)
from vaguemestre.core.seal.sheetsigning import SheetSignature, SignatureTable
from vaguemestre.edge.seal.certificates import PublicKey
from vaguemestre.edge.seal.truststore import TrustStore

PROFESSIONAL: Final = frozenset({Role.PROFESSIONAL})
CARD: Final = frozenset({Role.CARD})
_PKCS1: Final = padding.PKCS1v15()
_SHA256: Final = hashes.SHA256()
_ECDSA: Final = ec.ECDSA(_SHA256)
_HOLDERS_MAX: Final = 10_000
_RANK: Final = {Verdict.ACCEPT: 0, Verdict.HOLD: 1, Verdict.REFUSE: 2}


class _Holder:
    """One certificate in one role: how to verify with it, and the signing times that need no question."""

    __slots__ = ("algorithm", "facts", "first", "last", "roles", "scheme", "verify")

    def __init__(self, facts: CertificateFacts, key: PublicKey, trust: Trust, roles: frozenset[Role]) -> None:
        window = unquestioned(facts, trust, roles)
        self.facts = facts
        self.roles = roles
        self.first, self.last = window or (facts.not_after, facts.not_before)
        rsa_key = isinstance(key, rsa.RSAPublicKey)
        self.algorithm = SignatureAlgorithm.RSA_SHA256 if rsa_key else SignatureAlgorithm.ECDSA_SHA256
        self.scheme: tuple[Any, ...] = (_PKCS1, _SHA256) if rsa_key else (_ECDSA,)
        self.verify: Callable[..., None] = key.verify  # raises InvalidSignature


class _Holders:
    """Holders in one role by certificate (DER), kept from lot to lot as long as the trust stays the same."""

    __slots__ = ("_known", "_roles", "_store", "_trust")

    def __init__(self, store: TrustStore, roles: frozenset[Role]) -> None:
        self._store = store
        self._roles = roles
        self._trust = store.trust
        self._known: dict[bytes, _Holder | None] = {}

    def of(self, table: SignatureTable, positions: set[int]) -> dict[int, _Holder | None]:
        """The holders at these positions; None for an unreadable certificate or a kind of key that is not accepted."""
        found: dict[int, _Holder | None] = {}
        if self._store.trust is not self._trust or len(self._known) > _HOLDERS_MAX:
            self._known.clear()
            self._trust = self._store.trust
        for position in positions:
            der = table.certificates[position]
            if der in self._known:
                found[position] = self._known[der]
                continue
            read = self._store.read(der, table.certificates)
            usable = read is not None and read[1] is not None
            holder = _Holder(read[0], read[1], self._store.trust, self._roles) if usable else None  # type: ignore[index,arg-type]
            found[position] = self._known[der] = holder
        return found


class SheetVerifier:
    """Verifies for one actor who believes some authorities; reuse it. Not shared between threads."""

    def __init__(self, trust: TrustStore) -> None:
        self._trust = trust
        self._professionals = _Holders(trust, PROFESSIONAL)
        self._cards = _Holders(trust, CARD)

    def verify(
        self, table: SignatureTable, records: Mapping[str, bytes], *, received_at: datetime, source: str = ""
    ) -> tuple[list[SheetVerdict], list[Finding]]:
        """A verdict per invoice of `records` (invoice number -> its n x 128 bytes), in that order.

        Beside them, what concerns the lot but refuses nothing: S043, a signature without its sheet.
        """
        check = self._check(table, received_at, source)
        by_invoice = {sheet.invoice_number: sheet for sheet in table.sheets}
        verdicts = []
        for invoice, data in records.items():
            sheet = by_invoice.pop(invoice, None)
            if sheet is None:
                unsigned = (finding("S042", Place(source=source), invoice=invoice),)
                verdicts.append(SheetVerdict(invoice, Verdict.REFUSE, None, None, None, unsigned))
            else:
                verdicts.append(check(sheet, data))
        return verdicts, [finding("S043", Place(source=source), invoice=invoice) for invoice in by_invoice]

    def verify_single(
        self, sheet: SheetSignature, table: SignatureTable, records: bytes, *, received_at: datetime, source: str = ""
    ) -> SheetVerdict:
        """The verdict on one sheet of a table, whatever brought it: years later, on paper, or forwarded."""
        return self._check(table, received_at, source)(sheet, records)

    def _check(
        self, table: SignatureTable, received_at: datetime, source: str
    ) -> Callable[[SheetSignature, bytes], SheetVerdict]:
        holders = self._professionals.of(table, {sheet.certificate for sheet in table.sheets})
        with_card = {sheet.card_certificate for sheet in table.sheets if sheet.card_certificate is not None}
        cards = self._cards.of(table, with_card)
        latest = received_at + FUTURE_TOLERANCE
        trust = self._trust.trust

        def check(sheet: SheetSignature, records: bytes) -> SheetVerdict:
            signed_at = sheet.signed_at
            data = sheet.head + records
            holder = holders[sheet.certificate]
            position = sheet.card_certificate
            card = None if position is None else cards[position]
            try:
                if (
                    holder is not None
                    and holder.first <= signed_at <= holder.last
                    and signed_at <= latest
                    and holder.algorithm is sheet.algorithm
                ):
                    if position is None:
                        holder.verify(sheet.signature, data, *holder.scheme)
                        return SheetVerdict(sheet.invoice_number, Verdict.ACCEPT, signed_at, holder.facts, None)
                    if (
                        card is not None
                        and card.first <= signed_at <= card.last
                        and card.algorithm is sheet.card_algorithm
                    ):
                        holder.verify(sheet.signature, data, *holder.scheme)
                        card.verify(sheet.card_signature, data, *card.scheme)
                        return SheetVerdict(sheet.invoice_number, Verdict.ACCEPT, signed_at, holder.facts, card.facts)
            except InvalidSignature:
                pass
            return _explain(sheet, data, holder, card, trust, received_at, source)

        return check


def _explain(
    sheet: SheetSignature,
    data: bytes,
    holder: _Holder | None,
    card: _Holder | None,
    trust: Trust,
    received_at: datetime,
    source: str,
) -> SheetVerdict:
    """The slow path: each signature on its own, with every reason."""
    place = Place(source=source, field=sheet.invoice_number)
    judged = [
        _signature_findings(holder, sheet.algorithm, sheet.signature, data, "S044", sheet, trust, received_at, place)
    ]
    if sheet.card_certificate is not None and sheet.card_algorithm is not None:
        judged.append(
            _signature_findings(
                card, sheet.card_algorithm, sheet.card_signature, data, "S045", sheet, trust, received_at, place
            )
        )
    verdict = max((item[0] for item in judged), key=_RANK.__getitem__)
    findings = tuple(entry for item in judged for entry in item[1])
    return SheetVerdict(
        sheet.invoice_number,
        verdict,
        sheet.signed_at,
        holder.facts if holder is not None else None,
        card.facts if card is not None else None,
        findings,
    )


def _signature_findings(
    holder: _Holder | None,
    algorithm: SignatureAlgorithm,
    signature: bytes,
    data: bytes,
    wrong_code: str,
    sheet: SheetSignature,
    trust: Trust,
    received_at: datetime,
    place: Place,
) -> tuple[Verdict, tuple[Finding, ...]]:
    if holder is None:
        return Verdict.REFUSE, (finding("S011", place),)
    try:
        if holder.algorithm is not algorithm:
            return Verdict.REFUSE, (finding(wrong_code, place, invoice=sheet.invoice_number),)
        holder.verify(signature, data, *holder.scheme)
    except InvalidSignature:
        return Verdict.REFUSE, (finding(wrong_code, place, invoice=sheet.invoice_number),)
    judgement = judge(
        holder.facts,
        trust,
        signing_time=sheet.signed_at,
        received_at=received_at,
        roles=holder.roles,
        place=place,
    )
    return judgement.verdict, judgement.findings
