"""Prints what the base installation consists of, as CycloneDX 1.5 (JSON): `sbom.py VERSION`.

Follows the dependencies in pyproject.toml through the packages that are installed beside this Python, with the
versions of constraints.txt. Nothing in it depends on the time or the machine.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement

ROOT: Final = Path(__file__).resolve().parent.parent
#: Installed without its dependencies.
ALSO: Final = ("musicnn",)
#: The environment that markers are evaluated for.
LINUX: Final = {
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "os_name": "posix",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "python_version": "3.11",
    "python_full_version": "3.11.2",
    "extra": "",
}


def normal(name: str) -> str:
    """Return a package's name as indexes write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned() -> dict[str, str]:
    """Return the versions in constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if "==" in line)
    return {normal(name): version.strip() for name, version in pairs}


def closure(wanted: list[str]) -> dict[str, list[str]]:
    """Return every package that `wanted` needs, with the names of those that it needs itself."""
    found: dict[str, list[str]] = {}
    waiting = [Requirement(each) for each in wanted]
    while waiting:
        requirement = waiting.pop()
        name = normal(requirement.name)
        extras = requirement.extras or {""}
        needs = [each for extra in extras for each in _needs(name, extra)]
        if name in found and not requirement.extras:
            continue
        found[name] = sorted({*found.get(name, []), *(normal(each.name) for each in needs)})
        waiting += needs
    return found


def _needs(name: str, extra: str) -> list[Requirement]:
    if name in ALSO:
        return []
    listed = [Requirement(each) for each in _installed(name).requires or []]
    return [each for each in listed if each.marker is None or each.marker.evaluate(LINUX | {"extra": extra})]


def _installed(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        sys.exit(f"{name} is not installed beside {sys.executable}: run `make install` first")


def component(name: str, version: str) -> dict[str, Any]:
    """Return one package as CycloneDX has it."""
    about = _installed(name).metadata
    licence = about.get("License-Expression") or about.get("License") or ""
    classified = [
        each.rpartition(" :: ")[2] for each in about.get_all("Classifier") or [] if each.startswith("License")
    ]
    text = licence.splitlines()[0][:100] if licence else ", ".join(classified) or "unknown"
    key = "expression" if about.get("License-Expression") else "license"
    purl = f"pkg:pypi/{name}@{version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "licenses": [{key: text if key == "expression" else {"name": text}}],
    }


def bill(version: str) -> dict[str, Any]:
    """Return the whole document."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *ALSO]
    needs, versions = closure(wanted), pinned()
    missing = sorted(set(needs) - set(versions))
    if missing:
        sys.exit(f"constraints.txt has no version for {', '.join(missing)}")
    refs = {name: f"pkg:pypi/{name}@{versions[name]}" for name in needs}
    own = f"pkg:pypi/{project['name']}@{version}"
    direct = sorted(refs[normal(Requirement(each).name)] for each in wanted)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": project["name"],
                "version": version,
                "purl": own,
                "licenses": [{"license": {"id": project["license"]}}],
            }
        },
        "components": [component(name, versions[name]) for name in sorted(needs)],
        "dependencies": [
            {"ref": own, "dependsOn": direct},
            *({"ref": refs[name], "dependsOn": [refs[each] for each in needs[name]]} for name in sorted(needs)),
        ],
    }


def main() -> None:
    """Print the document."""
    json.dump(bill(sys.argv[1]), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
