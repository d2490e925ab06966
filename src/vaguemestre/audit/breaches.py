"""What can contradict the account: one code per contradiction, its kind, and its English sentence. Decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ALL_SHEETS: Final = "(all sheets)"
"""The identity of a breach that no single sheet explains."""


class BreachCode(StrEnum):
    """Stable names of the contradictions; `--json` shows them, and whoever words them for people reads them."""

    ABSENT_AT_PRACTICE = "absent_at_practice"
    NEVER_REGISTERED = "never_registered"
    ABSENT_EVERYWHERE = "absent_everywhere"
    CANCELLED_YET_ALIVE = "cancelled_yet_alive"
    CLAIM_NOT_MADE_UP = "claim_not_made_up"
    OTHER_CLAIM_AT_PRACTICE = "other_claim_at_practice"
    OTHER_CLAIM_AT_PAYER = "other_claim_at_payer"
    PAID_NOT_ACCEPTED = "paid_not_accepted"
    PATIENT_PAID_UNDER_TIERS_PAYANT = "patient_paid_under_tiers_payant"
    PRACTICE_TOLD_OTHERWISE = "practice_told_otherwise"
    PATIENT_TOLD_OTHERWISE = "patient_told_otherwise"
    NOBODY_RECORDED = "nobody_recorded"
    SEVERAL_PAYMENTS = "several_payments"
    SAME_CLAIM_PAID = "same_claim_paid"
    SAME_CARE_PAID = "same_care_paid"
    SUM_BROKEN = "sum_broken"
    BANK_DIFFERS = "bank_differs"
    OTHER_CLAIM_DECIDED = "other_claim_decided"
    OTHER_SETTLEMENT = "other_settlement"
    PRACTICE_PAID_FOR_PATIENT = "practice_paid_for_patient"
    PAYER_STATE_DIFFERS = "payer_state_differs"
    NO_RECEIPT = "no_receipt"
    STATE_NOT_AS_TOLD = "state_not_as_told"
    NO_ACKNOWLEDGEMENT_KEPT = "no_acknowledgement_kept"
    SETTLED_YET_UNDECIDED = "settled_yet_undecided"
    DENIED_YET_ACCEPTED = "denied_yet_accepted"
    PRACTICE_TOLD_OTHER_DECISION = "practice_told_other_decision"
    ENTERED_NOT_DECIDED = "entered_not_decided"
    PAID_ON_OTHER_DAY = "paid_on_other_day"
    OVERDUE = "overdue"
    ENTERED_NOT_PAID = "entered_not_paid"
    NO_TRANSFER = "no_transfer"
    OTHER_PAYEE = "other_payee"
    TRANSFER_NOT_ITS_PAYMENTS = "transfer_not_its_payments"


SENTENCES: Final[Mapping[BreachCode, tuple[str, str]]] = {
    BreachCode.ABSENT_AT_PRACTICE: ("lost", "recorded by a person, absent from the practice's store"),
    BreachCode.NEVER_REGISTERED: ("lost", "the practice believes it {0}, the payer never registered it"),
    BreachCode.ABSENT_EVERYWHERE: ("lost", "no practice's store holds it, the payer never registered it"),
    BreachCode.CANCELLED_YET_ALIVE: ("books", "cancelled by a person, alive in the practice's store"),
    BreachCode.CLAIM_NOT_MADE_UP: ("books", "accepted and rejected do not make up what was claimed"),
    BreachCode.OTHER_CLAIM_AT_PRACTICE: (
        "books",
        "the practice's store holds another claimed amount than was recorded",
    ),
    BreachCode.OTHER_CLAIM_AT_PAYER: ("books", "the payer's store holds another claimed amount than was recorded"),
    BreachCode.PAID_NOT_ACCEPTED: ("books", "what was paid and retained is not what was accepted"),
    BreachCode.PATIENT_PAID_UNDER_TIERS_PAYANT: ("books", "tiers payant, yet the patient was paid"),
    BreachCode.PRACTICE_TOLD_OTHERWISE: ("books", "the return told the practice another amount than was paid"),
    BreachCode.PATIENT_TOLD_OTHERWISE: ("books", "the statement shows the patient another amount than was paid"),
    BreachCode.NOBODY_RECORDED: ("books", "the payer knows it, yet nobody recorded it"),
    BreachCode.SEVERAL_PAYMENTS: ("paid_twice", "{1} payments to the {0}"),
    BreachCode.SAME_CLAIM_PAID: ("paid_twice", "another sheet of the same claim was paid too"),
    BreachCode.SAME_CARE_PAID: ("paid_twice", "another sheet of the same care was paid too"),
    BreachCode.SUM_BROKEN: ("books", "{0} is not {1}"),
    BreachCode.BANK_DIFFERS: ("books", "the ledger and the bank orders differ"),
    BreachCode.OTHER_CLAIM_DECIDED: ("books", "decided as a sheet of claim {0}, registered as one of claim {1}"),
    BreachCode.OTHER_SETTLEMENT: ("books", "who is to be paid: the {0} says otherwise than was recorded"),
    BreachCode.PRACTICE_PAID_FOR_PATIENT: ("books", "paid by the patient, yet the practice was reimbursed"),
    BreachCode.PAYER_STATE_DIFFERS: ("books", "the payer's sheet says {0}, its decision says {1}"),
    BreachCode.NO_RECEIPT: ("lost", "the practice's store says {0}, yet holds no answer that says so"),
    BreachCode.STATE_NOT_AS_TOLD: ("books", "the practice's store says {0}, the answers in it say {1}"),
    BreachCode.NO_ACKNOWLEDGEMENT_KEPT: (
        "lost",
        "acknowledged for the practice, yet the payer holds no acknowledgement of its lot",
    ),
    BreachCode.SETTLED_YET_UNDECIDED: ("books", "settled for the practice, yet the payer has not decided"),
    BreachCode.DENIED_YET_ACCEPTED: ("books", "the practice's store says {0}, the payer accepted it"),
    BreachCode.PRACTICE_TOLD_OTHER_DECISION: (
        "books",
        "the practice's store holds another accepted amount than the payer decided",
    ),
    BreachCode.ENTERED_NOT_DECIDED: ("books", "the ledger grants another amount than the decision"),
    BreachCode.PAID_ON_OTHER_DAY: ("books", "paid on {0} in one place, on {1} in another"),
    BreachCode.OVERDUE: ("books", "due on {0} and never paid, though others were paid on {1}"),
    BreachCode.ENTERED_NOT_PAID: ("books", "the ledger and the payment are of different amounts"),
    BreachCode.NO_TRANSFER: ("books", "paid, yet no bank order carries it"),
    BreachCode.OTHER_PAYEE: ("books", "the {0} names another payee than the sheet does"),
    BreachCode.TRANSFER_NOT_ITS_PAYMENTS: ("books", "bank order {0} is not the sum of the payments that it carries"),
}
"""Code -> (kind, English sentence); `{0}` and `{1}` stand for the breach's values."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A broken invariant about one sheet. `values` fill the sentence: an ending, a purse and a count, a sum and its parts."""

    code: BreachCode
    identity: str
    values: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """`lost`, `paid_twice` or `books`."""
        return SENTENCES[self.code][0]

    @property
    def detail(self) -> str:
        """The contradiction in words."""
        return SENTENCES[self.code][1].format(*self.values)
