"""`python -m bench.http_flame FOLDER`: flame graphs of gateway, broker and worker while requests come one by one.

Samples each process with py-spy, which `.venv-profile` gets from PyPI, and writes `gateway.svg`, `broker.svg` and
`worker.svg`. Only samples on a processor count. Frames of C code belong to the Python function that called it, and the
event loop's own work to `Runner.run`. Each sample stops the process for a moment, so requests take longer meanwhile.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.http_beside import PROCESSES
from bench.http_environments import environment
from bench.http_load import run
from bench.http_servers import CannotStart, Server, mesh

#: Samples per second, and seconds of samples; the load lasts `MARGIN` longer.
RATE: Final = 500
SECONDS: Final = 20
MARGIN: Final = 1.0
#: Where py-spy writes its own command line.
TITLE: Final = re.compile(r'(<text id="title"[^>]*>)[^<]*')


def record(profiler: Path, server: Server, process: str, output: Path, seconds: int) -> float:
    """Write one flame graph. Returns the median seconds of a request meanwhile."""
    command = [str(profiler), "record", "--function", "--pid", str(server.pids[process]), "--output", str(output)]
    command += ["--rate", str(RATE), "--duration", str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as recording:
        figures = run(server.port, 1, seconds + MARGIN)
        if recording.wait():
            raise CannotStart(f"py-spy cannot sample the {process}: run it as root, or with CAP_SYS_PTRACE")
    title = f"{process}, requests one by one"
    output.write_text(TITLE.sub(lambda found: found[1] + title, output.read_text()))
    return figures.p50


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 2 if nothing can be sampled."""
    parser = argparse.ArgumentParser(prog="python -m bench.http_flame", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the flame graphs are written")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="of samples, per process")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    try:
        profiler = environment("profile").with_name("py-spy")
        with tempfile.TemporaryDirectory(prefix="sm") as folder, mesh(Path(folder)) as server:
            run(server.port, 1, MARGIN)
            for process in PROCESSES:
                output = options.folder / f"{process}.svg"
                p50 = record(profiler, server, process, output, options.seconds)
                print(f"{output}: {1000 * p50:.2f} ms per request while sampled")
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
