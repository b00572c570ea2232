"""Prints the dependencies in pyproject.toml, or those of an extra, one a line: `python3 requirements.py [EXTRA]`."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

PROJECT = tomllib.loads(Path(__file__).with_name("pyproject.toml").read_text(encoding="utf-8"))["project"]


def main() -> None:
    """Print them."""
    extra = sys.argv[1] if len(sys.argv) > 1 else None
    wanted = PROJECT["dependencies"] if extra is None else PROJECT["optional-dependencies"][extra]
    sys.stdout.write("\n".join(wanted) + "\n")


if __name__ == "__main__":
    main()
