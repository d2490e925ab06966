"""Every group of figures in the order in which they are taken: the machine's own rates come first and are always taken."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from vaguemestre.bench import b2, machine, recording, runs, sealing, stages, waiting
from vaguemestre.bench.figure import Bench, Figure
from vaguemestre.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """One module's figures. `steps` is how many steps of progress it tells of itself, by quickness."""

    name: str
    fr: str
    en: str
    measure: Callable[[Bench], Iterator[Figure]]
    steps: Callable[[bool], int] = lambda quick: 0


MACHINE: Final = "machine"
GROUPS: Final = (
    Group(MACHINE, "Cette machine", "This machine", machine.measure),
    Group("seal", "Signature et sceau, face aux opérations nues", "Signature and seal, against bare operations",
          sealing.measure),
    Group("recording", "Enregistrer pendant que la chaîne travaille", "Recording while the chain works",
          recording.measure, recording.steps),
    Group("stages", "Le coût de chaque étape, par feuille", "The cost of each stage, per sheet", stages.measure),
    Group("b2", "La boîte à outils B2", "The B2 toolkit", b2.measure, b2.steps),
    Group("waiting", "Beaucoup de feuilles en attente", "Many sheets waiting", waiting.measure, waiting.steps),
    Group("run", "La chaîne entière", "The whole chain", runs.measure, runs.steps),
)  # fmt: skip
NAMES: Final = tuple(group.name for group in GROUPS if group.name != MACHINE)


def chosen(only: str = "") -> tuple[Group, ...]:
    """The machine's rates and one group, or all. Raises KeyError for a name that is none."""
    if only and only not in NAMES:
        raise KeyError(only)
    return tuple(group for group in GROUPS if group.name == MACHINE or only in ("", group.name))


def steps_of(groups: tuple[Group, ...], quick: bool) -> int:
    """How many steps of progress these groups tell of, one more for each of them."""
    return sum(1 + group.steps(quick) for group in groups)


def take(group: Group, bench: Bench) -> list[Figure]:
    """The figures of one group, in a directory of its own under the bench's."""
    directory = bench.directory / group.name
    directory.mkdir()
    figures = list(group.measure(replace(bench, directory=directory)))
    bench.advance(1)
    return figures
