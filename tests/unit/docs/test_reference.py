"""Generated files match the code, and the links of the documentation work."""

from __future__ import annotations

import pkgutil
import re
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest

import contract
from contract.errors import ERRORS
from contract.events import EVENTS
from contract.message import Message
from contract.operation import Operation, operations_of
from contract.warnings import WarningCode
from gateway.plugin.handlers import FUNCTIONS
from gateway.routes import MAIN
from plugin.build import SOURCES
from reference import generated
from reference.fields import fields_of_type, is_told, meaning_of, messages_of
from reference.generated import GENERATED, PAGES, ROOT, stale
from reference.glossary import GLOSSARY
from reference.markdown import anchor
from reference.operations import SERVICES

DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
#: Functions that Navidrome calls without a request to the gateway.
CALLBACKS = {"nd_on_init", "nd_scheduler_callback"}


@pytest.fixture(scope="module")
def made() -> dict[Path, str]:
    """Every generated file, made once: that takes seconds."""
    return {path: make() for path, make in GENERATED.items()}


@pytest.fixture(scope="module")
def outdated(made: dict[Path, str]) -> set[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generated, "GENERATED", {path: partial(str, content) for path, content in made.items()})
        return set(stale())


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_generated_files_are_up_to_date(path: Path, outdated: set[Path]) -> None:
    assert path not in outdated, f"{path.relative_to(ROOT)} is not as the code is: run `make docs`"


def test_nothing_else_is_among_the_generated_pages() -> None:
    assert {path for path in PAGES.iterdir() if path not in GENERATED} == set()


def test_a_page_that_somebody_changed_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "errors.md"
    changed.write_text("# Errors\n")
    monkeypatch.setattr(generated, "GENERATED", {changed: GENERATED[PAGES / "errors.md"]})
    assert changed in stale()


def test_every_name_of_the_contract_is_told() -> None:
    told = {page: (PAGES / f"{page}.md").read_text() for page in ("operations", "events", "errors", "warnings", "http")}
    operations = {each.name for _, service in SERVICES for each in operations_of(service)}
    assert {name for name in operations if f"\n### `{name}`\n" not in told["operations"]} == set()
    assert {topic for topic in EVENTS if f"\n## `{topic}`\n" not in told["events"]} == set()
    assert {code for code in ERRORS if f"\n| `{code}` |" not in told["errors"]} == set()
    assert {code for code in WarningCode if not re.search(rf"\n\| `{code}` \| \w", told["warnings"])} == set()
    endpoints = {f"{each.method} {each.path}" for each in MAIN}
    assert {each for each in endpoints if f"\n## `{each}`\n" not in told["http"]} == set()


def test_every_service_of_the_contract_is_told() -> None:
    modules = [import_module(found.name) for found in pkgutil.iter_modules(contract.__path__, "contract.")]
    defined = {
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and any(isinstance(value, Operation) for value in vars(thing).values())
    }
    assert defined == {service for _, service in SERVICES}


def messages() -> set[type[Message]]:
    """Every message of an operation or an event, and those in them."""
    operations = [each for _, service in SERVICES for each in operations_of(service)]
    outer: set[type[Message]] = {
        *EVENTS.values(),
        *(kind for each in operations for kind in (each.request, each.reply)),
    }
    return outer | {inner for kind in outer for inner in messages_of(kind)}


def name_of(kind: type[Message]) -> str:
    return kind.__name__


KINDS: list[type[Message]] = list(messages())
KINDS.sort(key=name_of)


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_every_field_has_a_meaning(kind: type[Message]) -> None:
    silent = {field.name for field in fields_of_type(kind) if not meaning_of(kind, field.name)}
    assert {name for name in silent if not is_told(kind, name)} == set(), "write `#:` above it, or Doc(...)"


def test_the_glossary_has_nothing_that_is_told_elsewhere() -> None:
    used = {field.name for kind in messages() for field in fields_of_type(kind) if not is_told(kind, field.name)}
    assert set(GLOSSARY) - used == set()


def test_nothing_of_this_machine_is_told(made: dict[Path, str]) -> None:
    for path, content in made.items():
        assert str(ROOT) not in content, path
        assert str(Path.home()) + "/" not in content, path


def test_the_plugin_exports_what_the_gateway_answers() -> None:
    exported = set(re.findall(r"//go:wasmexport (\w+)\nfunc", (SOURCES / "exports.go").read_text()))
    assert exported == {*FUNCTIONS, *CALLBACKS}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    broken = []
    for link in LINK.findall(_without_code(document.read_text())):
        place, _, part = link.partition("#")
        target = (document.parent / place).resolve() if place else document
        if "://" not in link and not (target.exists() and (not part or part in _anchors(target))):
            broken.append(link)
    assert broken == []


def _anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _without_code(document.read_text()), re.MULTILINE)
    return {anchor(heading) for heading in headings}


def _without_code(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
