"""The lives: a sheet at the practice, a way, a message at the payer, each one nested transition table.

`TRANSITIONS[life][state][event]` is the next state; what is not there is illegal. Code, documentation, diagrams and tests all
read these tables. Events that a peer causes are legal in every state: what a peer says is never our own fault.
"""

from enum import StrEnum

from vaguemestre.tables.delivery_outcomes import DeliveryOutcome as Outcome


class Life(StrEnum):
    SHEET = "sheet under tiers payant"
    SHEET_PATIENT_PAID = "sheet paid by the patient"
    WAY = "one leg of a way"
    MESSAGE = "message at the payer"


class SheetState(StrEnum):
    RECORDED = "recorded"
    IN_LOT = "in lot"
    SEALED = "sealed"
    HANDED_OVER = "handed over"
    ACKNOWLEDGED = "acknowledged"
    SETTLED = "settled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class SheetEvent(StrEnum):
    PUT_IN_LOT = "put in lot"
    TAKEN_OUT = "taken out of lot"  # its lot was given up before any hand-over
    SEAL = "sealed"  # sealing again after a fund certificate expired is the same event
    HAND_OVER = "handed over"  # one attempt ended accepted, or unknown
    CANCEL = "cancelled by its author"
    ACKNOWLEDGE = "acknowledged"  # positive acknowledgement, the sheet registered (now or by an earlier lot)
    REFUSE = "refused by the acknowledgement"  # this sheet, named
    REFUSE_LOT = "lot refused"  # negative acknowledgement of the whole lot
    PAY = "return pays"
    REJECT = "return rejects"


PEER_SHEET_EVENTS = frozenset(
    {SheetEvent.ACKNOWLEDGE, SheetEvent.REFUSE, SheetEvent.REFUSE_LOT, SheetEvent.PAY, SheetEvent.REJECT}
)
"""What only the payer can cause: these are legal in every state."""


class WayState(StrEnum):
    OPEN = "open"
    SUSPENDED = "suspended"
    REFUSING_CREDENTIALS = "refusing credentials"
    UNREACHABLE = "unreachable"


class MessageState(StrEnum):
    RECEIVED = "received"
    OPENED = "opened"
    REGISTERED = "registered"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    HELD = "held"
    REFUSED = "refused"


class MessageEvent(StrEnum):
    OPEN = "opened and verified"
    REGISTER = "registered"
    RECOGNISE = "recognised"  # the same bytes, or the same identity with the same content
    CONTRADICT = "contradicted"  # the same identity with other content
    HOLD = "held for a person"
    REFUSE = "refused"


State = SheetState | WayState | MessageState
Event = SheetEvent | Outcome | MessageEvent

_S, _E = SheetState, SheetEvent
_STAYS_SETTLED: dict[Event, State] = dict.fromkeys(sorted(PEER_SHEET_EVENTS), _S.SETTLED)
_STAYS_REJECTED: dict[Event, State] = dict.fromkeys(sorted(PEER_SHEET_EVENTS), _S.REJECTED)
_STAYS_CANCELLED: dict[Event, State] = dict.fromkeys(sorted(PEER_SHEET_EVENTS), _S.CANCELLED)

# A payer's answer may find the sheet anywhere: a store restored from last week is behind what the payer knows, an attempt of
# unknown fate may have arrived. A refused lot never takes back what another copy of it already obtained.
SHEET: dict[State, dict[Event, State]] = {
    _S.RECORDED: {
        _E.PUT_IN_LOT: _S.IN_LOT,
        _E.CANCEL: _S.CANCELLED,
        _E.ACKNOWLEDGE: _S.ACKNOWLEDGED,
        _E.REFUSE: _S.REJECTED,
        _E.REFUSE_LOT: _S.RECORDED,
        _E.PAY: _S.SETTLED,
        _E.REJECT: _S.REJECTED,
    },
    _S.IN_LOT: {
        _E.SEAL: _S.SEALED,
        _E.TAKEN_OUT: _S.RECORDED,
        _E.CANCEL: _S.CANCELLED,
        _E.ACKNOWLEDGE: _S.ACKNOWLEDGED,
        _E.REFUSE: _S.REJECTED,
        _E.REFUSE_LOT: _S.IN_LOT,  # about an earlier lot
        _E.PAY: _S.SETTLED,
        _E.REJECT: _S.REJECTED,
    },
    _S.SEALED: {
        _E.SEAL: _S.SEALED,
        _E.HAND_OVER: _S.HANDED_OVER,
        _E.TAKEN_OUT: _S.RECORDED,
        _E.CANCEL: _S.CANCELLED,
        _E.ACKNOWLEDGE: _S.ACKNOWLEDGED,
        _E.REFUSE: _S.REJECTED,
        _E.REFUSE_LOT: _S.RECORDED,
        _E.PAY: _S.SETTLED,
        _E.REJECT: _S.REJECTED,
    },
    _S.HANDED_OVER: {
        _E.SEAL: _S.HANDED_OVER,  # sealed anew, already in the payer's hands perhaps
        _E.HAND_OVER: _S.HANDED_OVER,
        _E.ACKNOWLEDGE: _S.ACKNOWLEDGED,
        _E.REFUSE: _S.REJECTED,
        _E.REFUSE_LOT: _S.RECORDED,
        _E.PAY: _S.SETTLED,
        _E.REJECT: _S.REJECTED,
    },
    _S.ACKNOWLEDGED: {
        _E.HAND_OVER: _S.ACKNOWLEDGED,
        _E.ACKNOWLEDGE: _S.ACKNOWLEDGED,
        _E.REFUSE: _S.ACKNOWLEDGED,
        _E.REFUSE_LOT: _S.ACKNOWLEDGED,
        _E.PAY: _S.SETTLED,
        _E.REJECT: _S.REJECTED,
    },
    _S.SETTLED: {_E.HAND_OVER: _S.SETTLED, **_STAYS_SETTLED},
    _S.REJECTED: {_E.HAND_OVER: _S.REJECTED, **_STAYS_REJECTED},
    _S.CANCELLED: {**_STAYS_CANCELLED},
}

# When the patient paid, the acknowledgement is the end and no return is due: one that comes all the same moves nothing.
SHEET_PATIENT_PAID: dict[State, dict[Event, State]] = {
    state: {event: (state if event in (_E.PAY, _E.REJECT) else after) for event, after in row.items()}
    for state, row in SHEET.items()
    if state is not _S.SETTLED
}

_W, _O = WayState, Outcome
_AFTER_OUTCOME: dict[Event, State] = {
    _O.ACCEPTED: _W.OPEN,
    _O.REFUSED: _W.OPEN,  # it judged one message: the way itself works
    _O.SUSPENDED: _W.SUSPENDED,
    _O.REFUSING_CREDENTIALS: _W.REFUSING_CREDENTIALS,
    _O.UNREACHABLE: _W.UNREACHABLE,
    _O.UNKNOWN: _W.UNREACHABLE,
}
# "Later" proves nothing about the way: it stays as it was.
WAY: dict[State, dict[Event, State]] = {state: {**_AFTER_OUTCOME, _O.TEMPORARY: state} for state in _W}

_M, _V = MessageState, MessageEvent
MESSAGE: dict[State, dict[Event, State]] = {
    _M.RECEIVED: {
        _V.OPEN: _M.OPENED,
        _V.RECOGNISE: _M.DUPLICATE,
        _V.HOLD: _M.HELD,
        _V.REFUSE: _M.REFUSED,
    },
    _M.OPENED: {
        _V.REGISTER: _M.REGISTERED,
        _V.RECOGNISE: _M.DUPLICATE,
        _V.CONTRADICT: _M.CONFLICT,
        _V.HOLD: _M.HELD,
        _V.REFUSE: _M.REFUSED,
    },
    _M.HELD: {
        _V.REGISTER: _M.REGISTERED,
        _V.RECOGNISE: _M.DUPLICATE,
        _V.CONTRADICT: _M.CONFLICT,
        _V.REFUSE: _M.REFUSED,
    },
    _M.REGISTERED: {_V.RECOGNISE: _M.REGISTERED},
    _M.DUPLICATE: {_V.RECOGNISE: _M.DUPLICATE},
    _M.CONFLICT: {_V.RECOGNISE: _M.CONFLICT},
    _M.REFUSED: {_V.RECOGNISE: _M.REFUSED},
}

TRANSITIONS: dict[Life, dict[State, dict[Event, State]]] = {
    Life.SHEET: SHEET,
    Life.SHEET_PATIENT_PAID: SHEET_PATIENT_PAID,
    Life.WAY: WAY,
    Life.MESSAGE: MESSAGE,
}

STARTS: dict[Life, State] = {
    Life.SHEET: _S.RECORDED,
    Life.SHEET_PATIENT_PAID: _S.RECORDED,
    Life.WAY: _W.OPEN,
    Life.MESSAGE: _M.RECEIVED,
}

ENDS: dict[Life, frozenset[State]] = {
    Life.SHEET: frozenset({_S.SETTLED, _S.REJECTED, _S.CANCELLED}),
    Life.SHEET_PATIENT_PAID: frozenset({_S.ACKNOWLEDGED, _S.REJECTED, _S.CANCELLED}),
    Life.WAY: frozenset(),
    Life.MESSAGE: frozenset({_M.REGISTERED, _M.DUPLICATE, _M.CONFLICT, _M.REFUSED}),
}
"""The states in which a life is over: no event leaves them."""
