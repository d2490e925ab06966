"""How one attempt to send or to collect can end, and what the two legs of a way are called. Frozen words, no behaviour."""

from enum import StrEnum


class DeliveryOutcome(StrEnum):
    """The end of one attempt; the whole project decides on these seven words and never on a reply's text."""

    ACCEPTED = "accepted"  # the peer promised: 250 after the final dot, or +OK to QUIT
    TEMPORARY = "temporary"  # the peer says: later
    REFUSED = "refused"  # the peer says: never, as it stands
    SUSPENDED = "suspended"  # the operator closed this service to programs, whoever asks
    REFUSING_CREDENTIALS = "refusing credentials"
    UNREACHABLE = "unreachable"  # no conversation took place, or it broke before the final dot
    UNKNOWN = "unknown"  # the connection dropped after the final dot: neither sent nor unsent


class Leg(StrEnum):
    """The two things a way does. They fail separately: April 2022 closed collecting and left sending open."""

    SENDING = "sending"
    COLLECTING = "collecting"
