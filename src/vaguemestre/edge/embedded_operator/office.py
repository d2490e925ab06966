"""The operator's office: what its counters (submission, reception, POP3, control) share. Runs on the one event loop.

It carries out `core.mail.operator_policy` over the store; it speaks no protocol.
"""

import asyncio
from collections.abc import Callable, Iterable

from vaguemestre.core.clock import Clock, Randomness
from vaguemestre.core.mail.envelope import Envelope, domain_of
from vaguemestre.core.mail.operator_policy import (
    POP3_SUSPENDED,
    POP3_WRONG,
    SUBMISSION_WRONG,
    Service,
    pop3_refusal,
    recipient_refusal,
    sender_refusal,
    submission_refusal,
)
from vaguemestre.core.values import dataclass
from vaguemestre.edge.embedded_operator.copies import Copies
from vaguemestre.edge.embedded_operator.passwords import HashedPassword, PasswordChecker, hash_password
from vaguemestre.edge.embedded_operator.settings import OperatorSettings
from vaguemestre.edge.embedded_operator.store import (
    Accept,
    Change,
    MailboxEntry,
    OperatorStore,
    count_refusal,
    end_deliveries,
    put_accounts,
    put_route,
    put_service,
)


class Pop3Refused(Exception):  # noqa: N818 (an answer, not an error of ours)
    """A POP3 login is refused; `text` follows `-ERR `."""

    def __init__(self, text: bytes) -> None:
        super().__init__(text)
        self.text = text


@dataclass(slots=True)
class OpenMailbox:
    """One POP3 session's view of a mailbox: what was there at login. `release` gives the lock back."""

    office: "Office"
    address: str
    entries: list[MailboxEntry]

    def body(self, entry: MailboxEntry) -> bytes:
        return self.office.store.body(entry.message_id)

    async def delete(self, entries: Iterable[MailboxEntry]) -> None:
        """Forget these messages; durable on return."""
        pairs = [(entry.delivery_id, entry.message_id) for entry in entries]
        if pairs:
            await self.office.change(end_deliveries(pairs, "collected", self.office.clock.now()))

    def release(self) -> None:
        self.office.locked.discard(self.address.lower())


class Office:
    """State shared by all counters; every method is called on the event loop."""

    def __init__(self, settings: OperatorSettings, store: OperatorStore, clock: Clock, randomness: Randomness) -> None:
        self.settings, self.store, self.clock, self.randomness = settings, store, clock, randomness
        self.own_domains = frozenset(domain.lower() for domain in settings.domains)
        self.locked: set[str] = set()
        self.services = store.services()
        self.routes = store.routes()
        self.copies: Copies | None = None  # kept in a simulated world only
        self.drops = 0  # submitted messages still to be stored without an answer: a fault on demand
        self.on_queued: Callable[[str, int], None] = lambda domain, delivery_id: None
        self.on_pop3_closed: Callable[[], None] = lambda: None
        self._passwords = PasswordChecker(settings.scrypt_cost, randomness)
        self._accounts: dict[str, HashedPassword | None] = {}

    async def change(self, change: Change) -> None:
        """Durable on return."""
        await asyncio.shield(asyncio.wrap_future(self.store.change(change)))

    # --- logins ------------------------------------------------------------------------------------------------------

    def account(self, address: str) -> HashedPassword | None:
        key = address.lower()
        found = self._accounts.get(key)
        if found is None:
            found = self.store.password(key)
            if found is not None:
                self._accounts[key] = found
        return found

    def submission_login(self, address: str, password: str) -> str | None:
        """The refusal of a login on the submission port, None to let in. May take one scrypt."""
        right = self._passwords.check(self.account(address), password)
        refusal = submission_refusal(right=right, service_open=self.services[Service.SUBMISSION.value])
        if refusal is not None:
            reason = "credentials" if refusal == SUBMISSION_WRONG else "suspended"
            self.store.change(count_refusal(Service.SUBMISSION.value, reason))
        return refusal

    async def pop3_login(self, address: str, password: str) -> OpenMailbox:
        """Lock and open a mailbox. Raises Pop3Refused."""
        account = self.account(address)
        right = self._passwords.recall(account, password)
        if right is None:
            right = await asyncio.to_thread(self._passwords.check, account, password)
        is_open, in_use = self.services[Service.POP3.value], address.lower() in self.locked
        refusal = pop3_refusal(right=right, service_open=is_open, in_use=in_use)
        if refusal is not None:
            reason = {POP3_WRONG: "credentials", POP3_SUSPENDED: "suspended"}.get(refusal, "in use")
            await self.change(count_refusal(Service.POP3.value, reason))  # counted before anyone can read the figures
            raise Pop3Refused(refusal)
        self.locked.add(address.lower())
        return OpenMailbox(self, address, self.store.mailbox(address))

    # --- messages ----------------------------------------------------------------------------------------------------

    def sender_refusal(self, login: str | None, mail_from: str) -> str | None:
        return sender_refusal(login=login, mail_from=mail_from)

    def recipient_refusal(self, recipient: str, *, submitted: bool) -> str | None:
        domain = domain_of(recipient)
        own = domain in self.own_domains
        return recipient_refusal(
            own_domain=own,
            mailbox_exists=own and self.account(recipient) is not None,
            routed=domain in self.routes,
            submitted=submitted,
        )

    async def accept(self, envelope: Envelope, submitted_by: str | None) -> None:
        """Take one message in; durable on return, and on its way."""
        if self.copies is not None:
            self.copies.keep(envelope.message)
        accept = Accept(envelope, submitted_by, self.clock.now(), self.own_domains)
        await self.change(accept)
        for domain, delivery_id in accept.queued:
            self.on_queued(domain, delivery_id)

    # --- steering ----------------------------------------------------------------------------------------------------

    async def set_service(self, service: Service, *, is_open: bool) -> None:
        """Open or close a service to programs; running POP3 sessions are cut when theirs closes."""
        await self.change(put_service(service.value, is_open=is_open))
        self.services[service.value] = is_open
        if service is Service.POP3 and not is_open:
            self.on_pop3_closed()

    async def set_routes(self, routes: Iterable[tuple[str, str, int]]) -> None:
        for domain, host, port in routes:
            await self.change(put_route(domain, host, port))
            self.routes[domain.lower()] = (host, port)

    async def add_accounts(self, accounts: Iterable[tuple[str, str]]) -> None:
        """Create accounts (address, password), or renew their passwords."""
        cost = self.settings.scrypt_cost
        hashed = await asyncio.to_thread(
            lambda: [(address, hash_password(word, cost, self.randomness)) for address, word in accounts]
        )
        await self.change(put_accounts(hashed))
        for address, password in hashed:
            self._accounts[address.lower()] = password
