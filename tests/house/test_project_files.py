"""The files around the code: nothing of the place where they were written, locks that hold, links and paths that exist."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from source import ROOT, expect_none

TEXT_SUFFIXES = {".py", ".md", ".toml", ".lock", ".txt", ".json", ".csv", ".sh", ".cfg", ".yml", ".yaml", ".html", ""}
FOLDERS = ("src", "tests", "docs", "tools", ".ci", ".github")
FORBIDDEN = {
    "a path of the machine where it was written": re.compile(
        r"(?<![\w.])/wo" + r"rk/|/ro" + r"ot/(?!\w*\.)|\.\./sha" + r"red"
    ),
    "a package registry's host": re.compile(
        r"\b(py" + r"pi\.org|files\.python" + r"hosted|regis" + r"try\.npmjs|proxy\.go" + r"lang)"
    ),
}
MARKDOWN_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE_PATH = re.compile(r"`((?:src|tests|docs|tools|core|tables|edge|role|audit|sim|cli)/[\w./-]+)`")


def project_files() -> Iterator[Path]:
    yield from (file for file in sorted(ROOT.iterdir()) if file.is_file() and file.suffix in TEXT_SUFFIXES)
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*")):
            made_by_tools = any(
                part == "__pycache__" or part.startswith(".") for part in file.relative_to(ROOT / folder).parts
            )
            if file.is_file() and file.suffix in TEXT_SUFFIXES and not made_by_tools:
                yield file


def forbidden_words(path: str, text: str) -> list[str]:
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        found += [f"{path}:{number}: {said}" for said, pattern in FORBIDDEN.items() if pattern.search(line)]
    return found


def broken_links(page: Path, text: str, root: Path = ROOT) -> list[str]:
    targets = [
        target for target in MARKDOWN_LINK.findall(text) if "://" not in target and not target.startswith("mailto:")
    ]
    missing = [target for target in targets if not (page.parent / target).exists()]
    bases = (root, root / "src" / "vaguemestre")
    missing += [path for path in CODE_PATH.findall(text) if not any((base / path).exists() for base in bases)]
    return [f"{page.name}: {target} does not exist" for target in missing]


def unlocked(dependencies: Iterable[str], lock: str) -> list[str]:
    """Requirements that the lock does not pin, and pins without a hash."""
    pins = dict(re.findall(r"(?m)^([a-z0-9._-]+)==\S+(?:[^\\\n]*)(\\\n +--hash=sha256:[0-9a-f]{64})?", lock))
    wanted = [re.split(r"[\[<>=!~; ]", name)[0].lower() for name in dependencies]
    return [name for name in wanted if name not in pins] + [name for name, digest in pins.items() if not digest]


def test_no_file_names_the_place_where_it_was_written() -> None:
    expect_none(
        line
        for file in project_files()
        for line in forbidden_words(str(file.relative_to(ROOT)), file.read_text("utf-8"))
    )


def test_the_rule_on_words_catches() -> None:
    for text in ("see /wo" + "rk/main", "x ../sha" + "red/design", "https://py" + "pi.org/simple"):
        (line,) = forbidden_words("a.md", "fine\n" + text)
        assert line.startswith("a.md:2: a pa")
    assert forbidden_words("a.md", "homework/exercise, share, legifrance.gouv.fr") == []


def test_links_and_paths_of_the_pages_exist() -> None:
    pages = (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    expect_none(line for page in pages for line in broken_links(page, page.read_text("utf-8")))


def test_a_broken_link_is_caught(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("x", "utf-8")
    page = tmp_path / "page.md"
    text = "[a](there.md#part) [b](gone.md) [c](https://example.org/x) `core/findings.py` `core/nothing.py`"
    assert broken_links(page, text) == ["page.md: gone.md does not exist", "page.md: core/nothing.py does not exist"]


def test_the_locks_pin_every_dependency_with_its_hash() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    runtime, dev = ((ROOT / name).read_text("utf-8") for name in ("requirements.lock", "requirements-dev.lock"))
    extras = project["optional-dependencies"]
    assert unlocked([*project["dependencies"], *extras["build"]], runtime) == []
    assert unlocked([*project["dependencies"], *(name for name in extras["dev"] if "[" not in name)], dev) == []


def test_an_unpinned_dependency_is_caught() -> None:
    lock = "rich==15.0.0 \\\n    --hash=sha256:" + "0" * 64 + "\ntyper==0.29\n"
    assert unlocked(["rich>=14"], lock) == ["typer"]
    assert unlocked(["babel", "rich"], lock) == ["babel", "typer"]


@pytest.mark.parametrize(
    "name", ["README.md", "ARCHITECTURE.md", "GLOSSARY.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"]
)
def test_the_pages_that_a_newcomer_looks_for_are_there(name: str) -> None:
    assert len((ROOT / name).read_text("utf-8")) > 300
