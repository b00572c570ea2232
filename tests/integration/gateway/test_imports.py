"""What the gateway imports when it starts: numpy alone would be a sixth of its memory."""

from __future__ import annotations

import subprocess
import sys


def test_it_starts_without_numpy() -> None:
    code = "import sys, gateway.main, gateway.routes; print(*{'numpy', 'torch', 'pyarrow'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not done.stdout.strip()
