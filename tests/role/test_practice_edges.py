"""What a practice is handed may not be permissive by omission: whoever builds it says who judges its cards."""

from dataclasses import MISSING, fields

from vaguemestre.role.practice.edges import LotCard, PracticeEdges


def test_nothing_that_judges_a_card_may_be_left_out() -> None:
    given = {field.name for field in fields(PracticeEdges) if field.default is not MISSING}
    assert not given & {"judge_signer", "judge_recipient", "opener", "lot_cards", "signers"}
    assert [field.name for field in fields(LotCard) if field.default is not MISSING] == []
