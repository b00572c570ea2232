"""A port is given once, whoever asks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.ports import PORTS, free_port

#: Prints two hundred ports, and holds them until its standard input ends.
HOLD = "from bench.ports import free_port; print(*(free_port() for _ in range(200)), flush=True); input()"


def test_no_port_is_given_twice() -> None:
    # Given another program that holds some
    with subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        held = {int(port) for port in other.stdout.readline().split()}
        # When
        ports = [free_port() for _ in range(200)]
        other.kill()

    # Then
    assert len(held) == len(set(ports)) == 200
    assert not held & set(ports)
    assert set(ports) | held <= set(PORTS)


def test_the_kernel_chooses_none_of_them_for_a_connection() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    assert first >= PORTS.stop
