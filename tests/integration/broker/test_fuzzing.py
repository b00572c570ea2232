"""Coverage-guided fuzzing of the parsers, for a few seconds each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

#: Inputs per target.
RUNS = 20_000


@pytest.mark.parametrize("target", ["header", "frames", "events", "upload"])
def test_no_input_raises(target: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris has no wheel for this platform")
    runs = RUNS if target != "frames" else RUNS // 10
    command = [sys.executable, "-m", "tests.harness.fuzzing", target, f"-runs={runs}", "-seed=1", "-max_len=512"]
    done = subprocess.run(
        [*command, f"-artifact_prefix={tmp_path}/"], capture_output=True, timeout=280, check=False, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"Done {runs} runs" in done.stderr
