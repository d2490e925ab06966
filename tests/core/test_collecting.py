"""Messages kept together: every one in its order, few enough and small enough to be held at once."""

from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.mail.collecting import BYTES_PER_KEEP, MESSAGES_PER_KEEP, in_keeps


@given(st.lists(st.integers(0, BYTES_PER_KEEP * 2), max_size=80))
def test_every_message_once_in_order_within_both_bounds(sizes: list[int]) -> None:
    keeps = list(in_keeps(sizes))
    assert [rank for few in keeps for rank in few] == list(range(len(sizes)))
    for few in keeps:
        assert 0 < len(few) <= MESSAGES_PER_KEEP
        assert len(few) == 1 or sum(sizes[rank] for rank in few) <= BYTES_PER_KEEP


def test_they_are_as_few_as_the_bounds_allow() -> None:
    assert [len(few) for few in in_keeps([1] * 40)] == [16, 16, 8]
    assert [len(few) for few in in_keeps([BYTES_PER_KEEP, 1, BYTES_PER_KEEP - 1, 1])] == [1, 2, 1]
    assert list(in_keeps([])) == []
