"""`python -m reference`: writes every generated file that is out of date with the code."""

from __future__ import annotations

import sys

from reference.generated import stale


def main() -> int:
    """Write the files, and print which ones changed."""
    for path, content in stale().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        print(f"wrote {path}")  # noqa: T201  a tool for its terminal
    return 0


if __name__ == "__main__":
    sys.exit(main())
