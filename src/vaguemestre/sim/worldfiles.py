"""Where everything of a simulated world lies on the disk: each actor has a directory of its own."""

from pathlib import Path

from vaguemestre.core.values import dataclass


@dataclass(frozen=True, slots=True)
class WorldFiles:
    """The tree of one world under `root`."""

    root: Path

    @property
    def pki(self) -> Path:
        """The demo's authorities and everybody's keys."""
        return self.root / "pki"

    @property
    def cards(self) -> Path:
        """What is in the patients' pockets."""
        return self.root / "cards"

    def card(self, serial: str) -> Path:
        return self.cards / f"{serial}.json"

    @property
    def payer(self) -> Path:
        return self.root / "payer"

    @property
    def practices(self) -> Path:
        return self.root / "practices"

    def practice(self, key: str) -> Path:
        return self.practices / key

    @property
    def second_places(self) -> Path:
        return self.root / "second-place"

    def second_place(self, key: str) -> Path:
        """Where a practice's backups go: another disk, in life."""
        return self.second_places / key

    @property
    def keys(self) -> Path:
        """The stores' keys: outside the stores."""
        return self.root / "store-keys"

    @property
    def operators(self) -> Path:
        return self.root / "operators"

    def operator(self, name: str) -> Path:
        return self.operators / name

    @property
    def payer_store(self) -> Path:
        return self.payer / "payer.sqlite"

    def practice_stores(self) -> list[Path]:
        """Every practice's store, in the order of the practices' names."""
        return sorted(self.practices.glob("*/practice.sqlite"))

    @property
    def record(self) -> Path:
        """The record of what people did and saw, for the auditor alone."""
        return self.root / "record"

    @property
    def carried(self) -> Path:
        """Copies of what operators carried, as they saw it, delivered or not."""
        return self.record / "carried"

    def carried_by(self, operator: str) -> Path:
        return self.carried / f"{operator}.eml"

    def anywhere_else(self) -> list[Path]:
        """Whatever else lies in the world: nobody's identity may be readable there. Cards are in their patients' pockets."""
        return sorted(path for path in self.root.iterdir() if path not in (self.operators, self.cards, self.record))

    @property
    def deeds(self) -> Path:
        return self.record / "deeds.jsonl"

    @property
    def secrets(self) -> Path:
        """Who the people are, so that the auditor can search for them."""
        return self.record / "people.json"

    @property
    def shown(self) -> Path:
        """What patients' statements showed, by sheet, in cents."""
        return self.record / "shown.json"
