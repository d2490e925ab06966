"""Numbers: never given twice, whatever the day's restores, and never a lot number still open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.numbering import (
    LOT_NUMBER_MAX,
    RESTORES_PER_DAY_MAX,
    StationRange,
    lot_number_after_restores,
    next_lot_number,
    next_serial,
)

RANGES = st.integers(1, 9000).flatmap(
    lambda first: st.integers(first + 39, 9999).map(lambda last: StationRange(first, last))
)


@given(RANGES)
def test_no_restore_of_a_day_gives_a_serial_that_another_may_have_given(station: StationRange) -> None:
    windows = [station.window(count) for count in range(RESTORES_PER_DAY_MAX + 1)]
    given_out = [range(window.first, window.last + 1) for window in windows if window is not None]
    assert len(given_out) == RESTORES_PER_DAY_MAX + 1
    assert all(station.first <= part.start and part.stop - 1 <= station.last for part in given_out)
    assert sum(len(part) for part in given_out) == len(set().union(*given_out))
    assert len(given_out[0]) >= station.size * 3 // 4


def test_a_whole_station_gives_7509_serials_a_day_then_tranches_of_249() -> None:
    first, second = StationRange().window(0), StationRange().window(1)
    assert first is not None
    assert second is not None
    assert (first.first, first.last, second.first, second.last) == (1, 7509, 7510, 7758)


def test_serials_follow_each_other_and_end_with_the_window() -> None:
    window = StationRange(1, 40).window(0)
    assert window is not None
    assert next_serial(window, 0) == 1
    assert next_serial(window, 12) == 13
    assert next_serial(window, window.last) is None
    assert next_serial(StationRange(1, 40).window(RESTORES_PER_DAY_MAX + 1), 0) is None


def test_a_window_after_a_restore_jumps_past_what_the_backup_knew() -> None:
    assert next_serial(StationRange().window(1), 12) == 7510
    assert next_serial(StationRange().window(1), 7510) == 7511


@pytest.mark.parametrize(("first", "last"), [(0, 100), (1, 10_000), (50, 49), (1, 39)])
def test_a_useless_range_is_refused(first: int, last: int) -> None:
    with pytest.raises(ValueError, match="range"):
        StationRange(first, last)


def test_stations_overlap_or_not() -> None:
    assert StationRange(1, 5000).overlaps(StationRange(5000, 9999))
    assert not StationRange(1, 5000).overlaps(StationRange(5001, 9999))


@given(st.integers(0, LOT_NUMBER_MAX), st.sets(st.integers(1, LOT_NUMBER_MAX)))
def test_a_lot_number_is_never_one_still_open(last: int, still_open: set[int]) -> None:
    number = next_lot_number(last, still_open)
    if len(still_open) == LOT_NUMBER_MAX:
        assert number is None
    else:
        assert number is not None
        assert 1 <= number <= LOT_NUMBER_MAX
        assert number not in still_open


def test_lot_numbers_wrap_after_999() -> None:
    assert [next_lot_number(last, {1}) for last in (0, 1, 998, 999)] == [2, 2, 999, 2]


def test_restores_move_lot_numbers_on_without_meeting() -> None:
    starts = [lot_number_after_restores(17, count) for count in range(LOT_NUMBER_MAX)]
    assert sorted(starts) == list(range(1, LOT_NUMBER_MAX + 1))
    assert starts[0] == 17
