"""`python -m gateway`: the gateway's process, which serves both ports."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

import uvloop
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from broker.pid_file import pid_file
from broker.process import die_with_parent, setup_logging
from contract.private import private_files
from contract.settings import SettingsError, load_settings
from contract.text import log_line
from gateway.app import make_app
from gateway.http.base_path import check_base_path
from gateway.http.connection_limits import ConnectionLimits
from gateway.http.descriptors import connections_within
from gateway.http.endpoint import Endpoint
from gateway.http.lines import LineHandler
from gateway.http.listening import listen
from gateway.resources import Resources, open_resources
from gateway.routes import MAIN, TEXT_ONLY
from gateway.settings import GatewaySettings
from gateway.upload.actions import Actions
from gateway.upload.server import upload_socket

log = logging.getLogger("gateway")

#: New objects before Python's garbage collector runs; a handful of requests reaches the default of 700. Five times as
#: many gain no speed that can be measured and take another megabyte.
GARBAGE: Final = 2_000
#: Exit code if only a person can fix the problem; supervisord need not retry.
EXIT_CANNOT_START: Final = 2


def quiet_bad_requests(record: logging.LogRecord) -> bool:
    """Log a line instead of a traceback for invalid HTTP, which anybody can send."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError | web.RequestPayloadError):
        record.msg, record.args, record.exc_info = f"refused a malformed HTTP request: {str(error)[:200]!r}", (), None
        record.levelno, record.levelname = logging.INFO, "INFO"
    return True


class CannotStart(Exception):
    """The gateway cannot start; the message is for the person who started it."""


def main() -> int:
    """Serve until SIGTERM. Returns 2, with one line on stderr, if the gateway cannot start."""
    try:
        settings = load_settings(GatewaySettings)
        setup_logging("debug" if settings.debug else settings.log_level, LineHandler(sys.stderr))
        logging.getLogger("aiohttp.server").addFilter(quiet_bad_requests)
        private_files()
        die_with_parent()
        with pid_file(settings.pids, "gateway"), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings))
    except (SettingsError, CannotStart) as error:
        sys.stderr.write(f"{log_line(f'gateway: {error}')}\n")
        return EXIT_CANNOT_START
    return 0


async def serve(settings: GatewaySettings) -> None:
    """Open both ports and serve until a signal. Raises `CannotStart`."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    check_base_path(settings, MAIN)
    async with open_resources(settings) as resources, _uploads(resources), _listening(resources):
        log.info("http://%s:%d, text on port %d", settings.host, settings.port, settings.text_port)
        gc.collect()
        gc.freeze()  # objects alive now stay alive, so the collector need not scan them
        gc.set_threshold(GARBAGE)
        await stopped.wait()
        log.info("the gateway is stopping")


def _uploads(resources: Resources) -> AbstractAsyncContextManager[None]:
    actions = Actions(resources.mesh, resources.directory, resources.settings)
    return upload_socket(resources.settings, actions.answer)


@asynccontextmanager
async def _listening(resources: Resources) -> AsyncIterator[None]:
    """Serve both ports; on exit, requests in flight may finish."""
    settings = resources.settings
    limits = ConnectionLimits(settings, connections_within(settings.connections))
    watching = asyncio.create_task(limits.watch())
    runners: list[web.AppRunner] = []
    try:
        for port, endpoints in ((settings.port, MAIN), (settings.text_port, TEXT_ONLY)):
            runners.append(await _listen(resources, port, endpoints, limits))
        yield
    finally:
        watching.cancel()
        await asyncio.gather(*(runner.cleanup() for runner in runners))


async def _listen(
    resources: Resources, port: int, endpoints: Sequence[Endpoint], limits: ConnectionLimits
) -> web.AppRunner:
    host = resources.settings.host
    try:
        return await listen(make_app(resources, endpoints), host, port, limits, resources.settings.base_path)
    except (OSError, OverflowError) as error:
        raise CannotStart(f"cannot listen on {host}:{port}: {error}; is another gateway running?") from None


if __name__ == "__main__":
    sys.exit(main())
