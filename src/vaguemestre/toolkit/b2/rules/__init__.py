"""What a thorough check says of an invoice beyond the reading: visible lists of rules. The payer's intake does not use them.

`RECORD_RULES` judge every record that could be read; `WHOLE_RULES` need the whole invoice, and are left out when a part was lost.
"""

from vaguemestre.toolkit.b2.rules.amounts import (
    base_follows,
    ccam_base_follows,
    exemption_means_full_rate,
    fund_share_follows,
    hospital_base_follows,
    nature_means_full_rate,
    shares_fit_the_charge,
    split_leaves_no_complementary,
    unpaid_acts_count_nothing,
)
from vaguemestre.toolkit.b2.rules.complements import (
    biology_acts_are_whole,
    completing_acts_follow,
    identifiers_are_there,
    sessions_are_in_order,
    unit_amounts_make_totals,
)
from vaguemestre.toolkit.b2.rules.days import (
    care_is_after_birth,
    care_is_before_the_file,
    execution_day_is_one,
    spans_run_forward,
)
from vaguemestre.toolkit.b2.rules.identity import (
    accident_number_is_right,
    nirs_have_their_key,
    numbers_have_their_key,
    rank_is_one,
    rpps_have_their_key,
)
from vaguemestre.toolkit.b2.rules.lists import (
    ccam_codes_have_their_form,
    codes_are_known,
    codes_are_listed,
    teeth_exist,
    treatments_are_known,
)
from vaguemestre.toolkit.b2.rules.parts import Around, InvoiceRule

__all__ = ["RECORD_RULES", "TOOLKIT_INVOICE_CHECKS", "WHOLE_RULES", "Around", "InvoiceRule"]

RECORD_RULES: tuple[InvoiceRule, ...] = (
    nirs_have_their_key,
    numbers_have_their_key,
    rpps_have_their_key,
    accident_number_is_right,
    codes_are_listed,
    codes_are_known,
    ccam_codes_have_their_form,
    teeth_exist,
    treatments_are_known,
    spans_run_forward,
    care_is_before_the_file,
    care_is_after_birth,
    shares_fit_the_charge,
    unpaid_acts_count_nothing,
    exemption_means_full_rate,
    nature_means_full_rate,
    hospital_base_follows,
    split_leaves_no_complementary,
    biology_acts_are_whole,
    identifiers_are_there,
    unit_amounts_make_totals,
)
"""They look at one record, or at one and the invoice's head."""

WHOLE_RULES: tuple[InvoiceRule, ...] = (
    rank_is_one,
    execution_day_is_one,
    base_follows,
    ccam_base_follows,
    fund_share_follows,
    sessions_are_in_order,
    completing_acts_follow,
)
"""They compare records with each other."""

TOOLKIT_INVOICE_CHECKS: tuple[InvoiceRule, ...] = (*RECORD_RULES, *WHOLE_RULES)
"""All of them, in the order in which they are asked."""
