"""Whether Navidrome's plugin sends requests and gets answers, according to the gateway's metrics."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections import Counter
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from cli.doctor.finding import Finding, note, ok, wrong
from gateway.settings import GatewaySettings

#: Seconds that the gateway may take to return its metrics.
SECONDS: Final = 5.0
#: Prefix of the routes that only the plugin uses.
ROUTES: Final = "/plugin/"
REQUESTS: Final = "sonicmesh_http_requests_total"


def check_plugin(settings: GatewaySettings) -> Finding:
    """Check the outcome of the plugin's requests since the gateway started."""
    host = settings.host if settings.host not in {"0.0.0.0", "::", ""} else "127.0.0.1"
    request = urllib.request.Request(f"http://{host}:{settings.port}/metrics")
    if settings.token is not None:
        request.add_header("Authorization", f"Bearer {settings.token.get_secret_value()}")
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            text = response.read().decode()
    except urllib.error.HTTPError as error:
        return note(
            "plugin",
            f"the gateway does not say whether Navidrome asks: it answered {error.code}",
            "restart the mesh if SONICMESH_TOKEN has changed since it started",
        )
    except OSError:
        return note("plugin", "unknown: the gateway does not answer", "see the line about its port")
    return judge(answered(text))


def answered(metrics: str) -> Counter[str]:
    """Count the plugin's requests by the status of their responses."""
    statuses: Counter[str] = Counter()
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            if sample.name == REQUESTS and sample.labels["route"].startswith(ROUTES):
                statuses[sample.labels["status"]] += int(sample.value)
    return statuses


def judge(statuses: Counter[str]) -> Finding:
    """Make the finding for these counts."""
    total, good = statuses.total(), statuses["200"]
    if not total:
        return note(
            "plugin",
            "Navidrome has sent no request since the gateway started",
            "to use the mesh in Navidrome: `sonicmesh plugin install FOLDER`, then docs/use/navidrome.md",
        )
    if statuses["401"]:
        return wrong(
            "plugin",
            f"{statuses['401']} of {total} requests from Navidrome came without the right token",
            "enter the value of SONICMESH_TOKEN as the token in the plugin's settings in Navidrome",
        )
    if good < total:
        return note(
            "plugin",
            f"{total - good} of {total} requests from Navidrome failed",
            "the gateway's log says why (LOG_DIR)",
        )
    return ok("plugin", f"Navidrome sent {total} requests")
