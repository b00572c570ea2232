"""The compose files: valid by compose's own schema, and every path and variable in them exists."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from cli.commands.config import settings_rows
from tests.harness.compose import filled, merged, mounts, read, variables
from tests.harness.places import REPOSITORY

DEPLOY = REPOSITORY / "deploy"
BASE = DEPLOY / "compose.yaml"
OVERLAYS = [DEPLOY / "compose.milvus.yaml", DEPLOY / "compose.gpu.yaml"]
ALONE = REPOSITORY / "docker-compose-milvus.yml"
FILES = [BASE, *OVERLAYS, ALONE]
#: A linter of npm that carries the schema of compose.
SCHEMA = "dclint@3.1.0"
#: How npm says that no registry answers.
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "network")
#: Variables of the person who starts it; the page for operators explains them.
PAGE = REPOSITORY / "docs/operate/container.md"


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("schema")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    done = subprocess.run(["npm", "pack", SCHEMA], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode and any(word in done.stderr for word in UNREACHABLE):
        pytest.skip("npm reaches no registry")
    assert done.returncode == 0, done.stderr
    [package] = folder.glob("*.tgz")
    with tarfile.open(package) as archive:
        file = archive.extractfile("package/schemas/compose.schema.json")
        assert file is not None
        found: dict[str, Any] = json.loads(file.read())
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_schema_accepts_it(path: Path, schema: dict[str, Any]) -> None:
    jsonschema_rs.validate(schema, filled(read(path), {}))
    assert not jsonschema_rs.is_valid(schema, {"services": {"mesh": {"no_such_key": 1}}})


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_the_schema_accepts_them_together(overlay: Path, schema: dict[str, Any]) -> None:
    both = filled(merged(read(BASE), read(overlay)), {})
    jsonschema_rs.validate(schema, both)
    assert {"plugin", "navidrome", "mesh"} <= set(both["services"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_variable_has_a_default_and_is_explained(path: Path) -> None:
    for name, default in variables(path).items():
        assert default, f"{path.name}: {name} has no default"
        assert f"`{name}`" in PAGE.read_text(), f"{PAGE.name} does not explain {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_path_exists(path: Path) -> None:
    document = filled(read(path), {})
    for service in document["services"].values():
        if build := service.get("build", {}):
            context = (path.parent / build.get("context", "..")).resolve()
            assert context == REPOSITORY
            assert (context / build.get("dockerfile", "deploy/Containerfile")).is_file()
        if extended := service.get("extends"):
            other = path.parent / extended["file"]
            assert extended["service"] in read(other)["services"]
    named = {
        mount.source
        for each in document["services"].values()
        for mount in mounts(each, document.get("secrets", {}))
        if mount.named
    }
    assert named <= set(document.get("volumes", {}))


def test_the_builds_arguments_are_those_of_the_containerfile() -> None:
    arguments = {
        line.split()[1].partition("=")[0]
        for line in (DEPLOY / "Containerfile").read_text().splitlines()
        if line.startswith("ARG ")
    }
    for path in (BASE, *OVERLAYS):
        for service in read(path)["services"].values():
            assert set(service.get("build", {}).get("args", {})) <= arguments


def test_every_setting_of_the_mesh_exists() -> None:
    known = {row["variable"] for row in settings_rows()} | {"SONICMESH_HOST"}
    for path in (BASE, *OVERLAYS):
        services = read(path)["services"]
        for name in ("plugin", "mesh"):
            assert set(services.get(name, {}).get("environment", {})) <= known, path.name


def test_what_the_settings_name_is_mounted() -> None:
    document = filled(read(BASE), {})
    mesh = document["services"]["mesh"]
    targets = {mount.target: mount for mount in mounts(mesh, document["secrets"])}
    environment = mesh["environment"]
    assert targets[str(Path(environment["NAVIDROME_DB_PATH"]).parent)].mode == "ro"
    assert targets[environment["SONICMESH_TOKEN_FILE"]].mode == "ro"
    assert targets["/music"].mode == "ro"
    assert targets["/data"].mode == "rw"
    assert mesh["read_only"] is True


def test_nothing_but_the_plugins_step_writes_to_navidromes_folder() -> None:
    document = filled(read(BASE), {})
    navidrome = {mount.target: mount for mount in mounts(document["services"]["navidrome"], {})}
    data = navidrome["/data"].source
    for name, service in document["services"].items():
        modes = {mount.mode for mount in mounts(service, document["secrets"]) if mount.source == data}
        assert modes == ({"ro"} if name == "mesh" else {"rw"}), name


def test_the_services_reach_each_other_by_name() -> None:
    document = read(BASE)
    assert document["services"]["mesh"]["environment"]["NAVIDROME_URL"] == "http://navidrome:4533"
    uri = read(DEPLOY / "compose.milvus.yaml")["services"]["mesh"]["environment"]["NAVIDROME_MILVUS_URI"]
    assert uri == "http://milvus:19530"
    assert ":19530" in read(ALONE)["services"]["milvus"]["ports"][0]
