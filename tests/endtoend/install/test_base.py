"""A fresh installation: the wheel is complete, and a mesh runs with the base packages alone.

The environment of the tests has the packages of the tests and of the models too, which hides one that is missing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from shutil import copytree, ignore_patterns
from textwrap import dedent

import orjson
import pytest

from bench.ports import free_port
from demo.building import build_small
from plugin.build import CARRIED, build
from tests.harness.places import REPOSITORY

ROOT = REPOSITORY
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
#: Tools of the repository that are not installed.
STAYS = {"tests", "reference"}
#: How pip says that no index answers.
UNREACHABLE = ("NewConnectionError", "name resolution", "ConnectTimeoutError", "ReadTimeoutError", "ProxyError")
#: Modules with which the processes and the command start.
ENTRIES = (
    "cli.main",
    "broker.serve",
    "gateway.main",
    "workers.search.service",
    "workers.library.service",
    "workers.models.service",
)
#: Packages that only the models need, and their dependencies.
OF_MODELS = {"torch", "torchaudio", "transformers", "safetensors", "huggingface_hub", "tokenizers", "music2latent"}

pytestmark = pytest.mark.timeout(900)


def pip(python: Path, *arguments: str) -> None:
    """Skips the test if no index answers."""
    command = [str(python), "-m", "pip", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode and any(word in done.stdout + done.stderr for word in UNREACHABLE):
        pytest.skip("pip reaches no index")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: the repository stays as it is."""
    sources = tmp_path_factory.mktemp("sources")
    for entry in (*packages(), "pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / entry).is_dir():
            copytree(ROOT / entry, sources / entry, ignore=ignore_patterns("__pycache__"))
        else:
            (sources / entry).write_bytes((ROOT / entry).read_bytes())
    cache = ROOT / "build" / "go-cache"
    build(sources / "plugin" / CARRIED.name, cache)
    folder = tmp_path_factory.mktemp("wheel")
    pip(Path(sys.executable), "wheel", "--no-deps", "--wheel-dir", str(folder), str(sources))
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel and its base packages alone."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=True)
    found = folder / "bin" / "python"
    pip(found, "install", "-c", "constraints.txt", str(wheel))
    return found


def packages() -> list[str]:
    return sorted(path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name not in STAYS)


def files_of(package: str) -> Iterator[str]:
    """Sources and data files of a package, by their paths in the wheel."""
    wanted = ["*.py", *PROJECT["tool"]["setuptools"]["package-data"]["*"]]
    for path in (ROOT / package).rglob("*"):
        if "__pycache__" not in path.parts and any(fnmatch(path.name, pattern) for pattern in wanted):
            yield path.relative_to(ROOT).as_posix()


def run(python: Path, *command: str, folder: Path, **settings: str) -> str:
    """What a command of the fresh environment prints."""
    ours = ("SONICMESH_", "NAVIDROME_", "TEXT_EMBEDDING_", "BATCH_JOB_", "PYTHON")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [str(python.parent / command[0]), *command[1:]],
        cwd=folder,
        env=environment | {"SONICMESH_HOME": str(folder)} | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.parametrize("package", packages())
def test_the_wheel_holds_every_package_whole(package: str, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    assert f"{package}/__init__.py" in held
    assert set(files_of(package)) - held == set()


def test_the_wheel_holds_nothing_of_the_repository_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(packages())


def test_the_environment_has_the_base_packages_alone(python: Path, tmp_path: Path) -> None:
    there = run(
        python,
        "python",
        "-c",
        "from importlib.util import find_spec; print(*[n for n in "
        f"{sorted({*OF_MODELS, 'pytest', 'hypothesis', 'mypy'})} if find_spec(n)])",
        folder=tmp_path,
    )
    assert there.split() == []


def test_the_command_runs(python: Path, tmp_path: Path) -> None:
    assert "recommendation server" in run(python, "sonicmesh", "--help", folder=tmp_path)
    assert "SONICMESH_DATA=" in run(python, "sonicmesh", "config", folder=tmp_path)
    assert "spectral" in run(python, "sonicmesh", "models", "list", folder=tmp_path)


def test_the_wheel_carries_what_is_no_module(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    assert {"cli/supervisord.conf", "plugin/sonicmesh.ndp", "gateway/about/static/docs.html"} <= held


def test_a_mesh_starts_in_an_empty_folder(python: Path, tmp_path: Path) -> None:
    """As after `pipx install`: nothing but the command, and the current folder is the mesh."""
    library, empty = tmp_path / "library", tmp_path / "empty"
    build_small(library)
    empty.mkdir()
    settings = {
        "NAVIDROME_DB_PATH": str(library / "navidrome.db"),
        "NAVIDROME_RECOMMENDER_PORT": str(free_port()),
        "TEXT_EMBEDDING_PORT": str(free_port()),
        "NAVIDROME_EMBED_SOCKET": "off",
        "SONICMESH_HOME": "",
    }
    try:
        summary = orjson.loads(run(python, "sonicmesh", "run", "--json", folder=empty, **settings))
        assert summary["job"]["status"] == "completed"
        assert summary["example"]["tracks"]
        assert {"data", "run", "logs", ".pids"} <= {path.name for path in empty.iterdir()}
        assert int((empty / ".pids" / "recommender_api.pid").read_text()) > 1
        plugins = tmp_path / "plugins"
        run(python, "sonicmesh", "plugin", "install", "--make-folder", str(plugins), folder=empty, **settings)
        assert (plugins / CARRIED.name).stat().st_size > 100_000
    finally:
        run(python, "sonicmesh", "stop", folder=empty, **settings)
    assert list((empty / ".pids").iterdir()) == []


@pytest.mark.parametrize("module", ENTRIES)
def test_each_process_finds_what_it_imports(module: str, python: Path, tmp_path: Path) -> None:
    run(python, "python", "-c", f"import {module}", folder=tmp_path)


def test_no_module_needs_more_than_the_base_packages(python: Path, tmp_path: Path) -> None:
    """All modules that run; those of the models name a package of `make models`."""
    program = f"""
        import importlib, pkgutil
        for top in ("contract", "broker", "workers", "gateway", "cli", "demo"):
            for found in pkgutil.walk_packages(importlib.import_module(top).__path__, top + "."):
                if found.name.endswith("__main__"):
                    continue
                try:
                    importlib.import_module(found.name)
                except ImportError as error:
                    if (error.name or "").partition(".")[0] not in {sorted(OF_MODELS)}:
                        print(found.name, error)
    """
    assert run(python, "python", "-c", dedent(program), folder=tmp_path) == ""
