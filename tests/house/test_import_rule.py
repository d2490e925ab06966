"""The rooms import as ARCHITECTURE.md says, and the rule catches what does not."""

import pytest
from import_rule import circles, import_violations
from source import Module, expect_none, module, modules


def test_every_room_imports_with_the_grain() -> None:
    expect_none(import_violations(modules()))


def test_no_module_imports_in_a_circle() -> None:
    assert circles(modules()) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("core.lot", "from vaguemestre.edge import store", "core may not import vaguemestre.edge"),
        ("core.lot", "import vaguemestre.role.practice", "core may not import vaguemestre.role"),
        ("core.lot", "def late():\n    from vaguemestre.cli import main", "core may not import vaguemestre.cli"),
        ("core.lot", "import socket", "core is pure and may not import socket"),
        ("core.lot", "from time import time", "core is pure and may not import time"),
        ("core.lot", "import cryptography.x509", "core may not import the library cryptography"),
        ("tables.ngap", "from vaguemestre.core import money", "tables may not import vaguemestre.core"),
        ("edge.smtp", "from vaguemestre.role.practice import Practice", "edge may not import vaguemestre.role"),
        ("role.payer", "from vaguemestre.edge.store import Store", "role may not import vaguemestre.edge"),
        ("role.payer", "import sqlalchemy", "role may not import the library sqlalchemy"),
        ("role.payer", "import sqlite3", "role is pure and may not import sqlite3"),
        ("audit.books", "from vaguemestre.role import payer", "audit may not import vaguemestre.role"),
        ("audit.books", "from vaguemestre.core import ledger", "audit may not import vaguemestre.core"),
        ("audit.stores", "import sqlalchemy", "audit may not import the library sqlalchemy"),
        ("sim.world", "from vaguemestre.cli import main", "sim may not import vaguemestre.cli"),
        (
            "toolkit.b2.showing",
            "from vaguemestre.toolkit.noemie.parts import Entity",
            "toolkit.b2 may not import toolkit.noemie",
        ),
        (
            "toolkit.noemie.walking",
            "def f():\n    import vaguemestre.toolkit.b2",
            "toolkit.noemie may not import toolkit.b2",
        ),
        (
            "toolkit.converting.tally",
            "from vaguemestre.toolkit import b2",
            "toolkit.converting may not import toolkit.b2",
        ),
        ("attic.old", "import json", "the room 'attic' is not in the import rule"),
    ],
)
def test_the_rule_catches(name: str, text: str, said: str) -> None:
    (violation,) = import_violations([module(f"vaguemestre.{name}", text)])
    assert said in violation
    assert violation.startswith("src/vaguemestre/")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "core.lot",
            "from decimal import Decimal\nfrom vaguemestre.core.money import cents\nfrom vaguemestre.tables import ngap",
        ),
        ("edge.smtp", "import socket\nimport aiosmtpd\nfrom vaguemestre.core import lot"),
        (
            "toolkit.b2.showing",
            "from vaguemestre.toolkit.converting import tally\nfrom vaguemestre.core.b2 import codec",
        ),
        (
            "toolkit.reading",
            "from vaguemestre.toolkit.b2 import walking\nfrom vaguemestre.toolkit.noemie import walking",
        ),
        ("role.payer", "from vaguemestre.core import lot\nfrom vaguemestre.role import shared"),
        ("cli.run", "from vaguemestre.sim import world\nfrom vaguemestre.audit import books"),
    ],
)
def test_the_rule_lets_pass(name: str, text: str) -> None:
    assert import_violations([module(f"vaguemestre.{name}", text)]) == []


def pair(first: str, second: str) -> list[Module]:
    return [module("vaguemestre.core.a", first), module("vaguemestre.core.b", second)]


def test_a_circle_is_caught() -> None:
    both = pair("from vaguemestre.core.b import x", "from vaguemestre.core import a")
    assert circles(both) == [["vaguemestre.core.a", "vaguemestre.core.b"]]


def test_a_longer_circle_is_caught_whole() -> None:
    ring = [
        module(f"vaguemestre.core.{name}", f"import vaguemestre.core.{after}") for name, after in ("ab", "bc", "ca")
    ]
    assert circles(ring) == [["vaguemestre.core.a", "vaguemestre.core.b", "vaguemestre.core.c"]]


@pytest.mark.parametrize(
    "late",
    ["def f():\n    import vaguemestre.core.a", "if TYPE_CHECKING:\n    import vaguemestre.core.a", "import json"],
)
def test_a_late_import_or_one_way_is_no_circle(late: str) -> None:
    assert circles(pair("import vaguemestre.core.b", late)) == []
