"""What an explanation is: a kind, the thing itself, and facts in the order in which a person should read them."""

from typing import Literal

from vaguemestre.core.values import dataclass

Kind = Literal["finding", "record", "entity", "field", "list", "code", "act"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: a stable `key` for programs, a label and a text for people. `example` marks what is invented."""

    key: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One meaning. `name` is how the thing is written (`B005`, `[0212]`, `4M`), `title` what it is, `rows` a table below."""

    kind: Kind
    kind_word: str
    name: str
    title: str
    facts: tuple[Fact, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()

    def document(self) -> dict[str, object]:
        """The explanation as a JSON object."""
        return {
            "kind": self.kind,
            "name": self.name,
            "title": self.title,
            "facts": {fact.key: fact.text for fact in self.facts},
            "list": [{"name": name, "text": text} for name, text in self.rows],
        }
