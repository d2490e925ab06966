"""The second place: whole generations or none, unreadable without the key, and a count of restores that only grows."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from vaguemestre.core.practice.book import Generation
from vaguemestre.edge.store.backup_place import KEPT_DAYS, KEPT_NEWEST, DirectoryPlace, unwanted
from vaguemestre.edge.store.vault import Vault

NOW = datetime(2022, 4, 27, 10, tzinfo=UTC)
CONTENT = b"a store with what it knows " * 200_000  # more than five chunks


class Content:
    def __init__(self, content: bytes = CONTENT) -> None:
        self.content = content

    def copy_to(self, target: Path) -> None:
        target.write_bytes(self.content)


@pytest.fixture
def place(tmp_path: Path) -> DirectoryPlace:
    (tmp_path / "state" / "trust").mkdir(parents=True)
    (tmp_path / "state" / "practice.toml").write_text("name = 'X'\n")
    (tmp_path / "state" / "trust" / "root.crt").write_text("root")
    beside = ["practice.toml", "trust", "absent.pem", "../outside"]
    return DirectoryPlace(tmp_path / "second", Vault(b"k" * 32), tmp_path / "state", beside)


def test_a_generation_comes_back_whole_with_what_went_along(place: DirectoryPlace, tmp_path: Path) -> None:
    generation = place.write(Content(), NOW, 3)
    assert (generation.number, generation.taken_at, generation.restores) == (1, NOW, 3)
    assert place.generations() == [generation]
    raw = (tmp_path / "second" / generation.name).read_bytes()
    assert b"what it knows" not in raw
    assert b"name = " not in raw
    (tmp_path / "new").mkdir()
    assert place.read(generation, tmp_path / "new" / "store", tmp_path / "new")
    assert (tmp_path / "new" / "store").read_bytes() == CONTENT
    assert (tmp_path / "new" / "practice.toml").read_text() == "name = 'X'\n"
    assert (tmp_path / "new" / "trust" / "root.crt").read_text() == "root"
    assert [path.name for path in (tmp_path / "state").iterdir() if path.name.startswith("backup-")] == []


def test_an_empty_store_and_one_of_exactly_one_chunk_come_back(place: DirectoryPlace, tmp_path: Path) -> None:
    for rank, size in enumerate((0, 1 << 20, (1 << 20) + 1)):
        generation = place.write(Content(b"x" * size), NOW, 0)
        assert place.read(generation, tmp_path / f"out{rank}")
        assert (tmp_path / f"out{rank}").stat().st_size == size


@pytest.mark.parametrize(
    "damage", ["cut", "cut at a chunk", "altered", "renamed", "other key", "swapped head", "no magic"]
)
def test_a_damaged_generation_is_refused_and_leaves_nothing(place: DirectoryPlace, tmp_path: Path, damage: str) -> None:
    generation = place.write(Content(), NOW, 0)
    path = tmp_path / "second" / generation.name
    raw = path.read_bytes()
    head_end = raw.index(b"\n", raw.index(b"\n") + 1) + 1
    first = 4 + int.from_bytes(raw[head_end : head_end + 4], "big")
    reader = place
    match damage:
        case "cut":
            path.write_bytes(raw[:-10])
        case "cut at a chunk":
            path.write_bytes(raw[: head_end + first])
        case "altered":
            path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
        case "renamed":  # a chunk of another backup put in this one's place
            other = place.write(Content(b"other" * 300_000), NOW, 0)
            foreign = (tmp_path / "second" / other.name).read_bytes()
            path.write_bytes(raw[:head_end] + foreign[foreign.index(b"\n", foreign.index(b"\n") + 1) + 1 :])
        case "other key":
            reader = DirectoryPlace(tmp_path / "second", Vault(b"o" * 32), tmp_path / "state")
        case "swapped head":
            path.write_bytes(raw.replace(b"00000001", b"00000002", 1))
        case "no magic":
            path.write_bytes(b"x" + raw)
    assert not reader.read(generation, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_was_being_written_when_the_power_went_is_no_generation(place: DirectoryPlace, tmp_path: Path) -> None:
    place.write(Content(b"one"), NOW, 0)
    (tmp_path / "second" / ".practice-00000002-20220427T110000Z-r0000.vgmbackup.partial").write_bytes(b"half")
    assert [item.number for item in place.generations()] == [1]


def test_a_copy_that_fails_leaves_the_former_generations(place: DirectoryPlace) -> None:
    class Failing:
        def copy_to(self, target: Path) -> None:
            raise OSError(28, "No space left on device")

    place.write(Content(b"one"), NOW, 0)
    with pytest.raises(OSError, match="space"):
        place.write(Failing(), NOW, 0)
    assert [item.number for item in place.generations()] == [1]


def test_restores_are_counted_for_ever(place: DirectoryPlace, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        place.restores()
    generation = place.write(Content(b"one"), NOW, 0)
    assert place.restores() == []
    rows = [place.begin_restore(date(2022, 4, 27), NOW, generation) for _ in range(3)]
    assert [row.number for row in rows] == [1, 2, 3]
    again = DirectoryPlace(tmp_path / "second", Vault(b"k" * 32), tmp_path)
    assert again.restores() == rows


def test_the_newest_and_the_last_of_each_day_are_kept() -> None:
    made = [Generation(number, "", NOW - timedelta(hours=3 * (400 - number)), 0, 1) for number in range(1, 401)]
    dropped = {item.number for item in unwanted(made, NOW)}
    kept = [item for item in made if item.number not in dropped]
    assert [item.number for item in kept][-(KEPT_NEWEST - 1) :] == [397, 398, 399, 400]
    days = {item.taken_at.date() for item in made if item.taken_at > NOW - timedelta(days=KEPT_DAYS)}
    assert {item.taken_at.date() for item in kept} == days
    assert len(kept) <= KEPT_DAYS + 1 + KEPT_NEWEST
