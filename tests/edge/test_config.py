"""Configuration files: every mistake in one go, each with its line; the example is generated and reads back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from vaguemestre.edge.config import example, read_config, setting


@dataclass(frozen=True, slots=True)
class Way:
    name: str = setting(fr="Nom de la voie.", en="Name of the way.", example='"a"')
    port: int = setting(fr="Port SMTP.", en="SMTP port.", example="587", default=587)
    security: Literal["tls", "starttls"] = setting(fr="Chiffrement.", en="Encryption.", example='"tls"', default="tls")


@dataclass(frozen=True, slots=True)
class Store:
    path: Path = setting(fr="Fichier.", en="File.", example='"practice.db"')


@dataclass(frozen=True, slots=True)
class Settings:
    billing_number: str = setting(fr="Numéro de facturation.", en="Billing number.", example='"991234563"')
    store: Store = setting(fr="Le stockage.", en="The store.")
    ways: tuple[Way, ...] = setting(fr="Les voies.", en="The ways.", default=())


GOOD = """billing_number = "991234563"

[store]
path = "practice.db"

[[ways]]
name = "a"

[[ways]]
name = "b"
port = 2525
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "practice.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_becomes_its_dataclass(tmp_path: Path) -> None:
    settings, findings = read_config(write(tmp_path, GOOD), Settings)
    assert findings == []
    assert settings == Settings("991234563", Store(Path("practice.db")), (Way("a"), Way("b", 2525)))


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_example_is_generated_and_reads_back(tmp_path: Path, lang: Literal["fr", "en"]) -> None:
    text = example(Settings, lang)
    assert ("# Les voies." if lang == "fr" else "# The ways.") in text
    settings, findings = read_config(write(tmp_path, text), Settings)
    assert findings == []
    assert settings == Settings("991234563", Store(Path("practice.db")), (Way("a"),))


def test_every_mistake_is_reported_in_one_go_with_its_line(tmp_path: Path) -> None:
    text = GOOD.replace('name = "a"', 'name = 3\nprot = 25\nsecurity = "none"').replace('path = "practice.db"', "")
    settings, findings = read_config(write(tmp_path, text), Settings)
    assert settings is None
    assert [(item.code.code, item.place.line, item.values["key"]) for item in findings] == [
        ("E012", 3, "store.path"),
        ("E011", 8, "ways.0.prot"),
        ("E013", 7, "ways.0.name"),
        ("E013", 9, "ways.0.security"),
    ]
    assert "tls" in findings[3].message("fr")
    assert "practice.db" in findings[0].next_step("en")


def test_the_second_table_of_a_list_is_found_at_its_own_line(tmp_path: Path) -> None:
    _, findings = read_config(write(tmp_path, GOOD.replace("port = 2525", 'port = "2525"')), Settings)
    assert [(item.code.code, item.place.line) for item in findings] == [("E013", 11)]


def test_a_table_where_a_list_is_expected_and_the_reverse(tmp_path: Path) -> None:
    text = 'billing_number = "1"\nstore = 3\n[ways]\nname = "a"\n'
    settings, findings = read_config(write(tmp_path, text), Settings)
    assert settings is None
    assert [(item.code.code, item.place.line) for item in findings] == [("E013", 2), ("E013", 3)]


@pytest.mark.parametrize(("content", "line"), [(b'a = "1"\nb = \n', 2), (b'a = "1"\nb = "\xe9"\n', 2)])
def test_what_is_not_toml_names_its_line(tmp_path: Path, content: bytes, line: int) -> None:
    path = tmp_path / "practice.toml"
    path.write_bytes(content)
    settings, findings = read_config(path, Settings)
    assert settings is None
    assert [(item.code.code, item.place.line) for item in findings] == [("E010", line)]
