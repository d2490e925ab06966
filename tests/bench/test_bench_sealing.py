"""The figures of signature and seal are measured, whole and comparable; floors are for the reference machine, not for a test."""

import pytest

from vaguemestre.bench.sealing import SealFigure, measure_seal
from vaguemestre.edge.clock import SystemClock
from vaguemestre.edge.randomness import SystemRandomness


def test_every_figure_is_measured() -> None:
    figures = list(measure_seal(SystemClock(), SystemRandomness(), rounds=2))
    assert [(item.name, item.floor) for item in figures] == [
        ("seal-lot", 0.75),
        ("open-lot", 0.60),
        ("open-sheets", 0.85),
    ]
    for item in figures:
        assert 0 < item.our_seconds < 1
        assert 0 < item.ratio < 1.5
        assert item.ratio_with_parsing <= item.ratio


def test_a_ratio_is_our_rate_over_theirs() -> None:
    figure = SealFigure("x", "a", "b", 3.0, 4.0, 0.75, 2.0)
    assert (figure.ratio, figure.ratio_with_parsing, figure.reached) == (0.75, 0.5, True)
    assert not SealFigure("x", "a", "b", 3.0, 4.1, 0.75).reached
    assert figure.ratio == pytest.approx(0.75)
