"""Host names that the mesh serves, and the site that a request comes from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from aiohttp.test_utils import make_mocked_request

from contract.settings import SettingsError, load_settings
from gateway.http.forwarded import client_address, limit_key
from gateway.http.hosts import Hosts, is_own_page
from gateway.settings import GatewaySettings
from tests.harness.gateway_mesh import GatewayMesh, serving

PROXY = {"SONICMESH_ALLOWED_HOSTS": "music.lan,nas:8080", "SONICMESH_PROXY_TRUSTED": "127.0.0.1,10.0.0.0/8"}


SERVED = "127.0.0.1:9002 LOCALHOST localhost.:1 [::1]:9002 a.localhost 127.9.9.9 music.lan Music.LAN:4000 nas:8080"
OTHERS = "nas nas:80 evil.com music.lan.evil.com evil.com:9002 0.0.0.0:9002 [ http://music.lan music.lan/ a@b"


@pytest.mark.parametrize(
    ("host", "served"),
    [*((host, True) for host in SERVED.split()), *((host, False) for host in [*OTHERS.split(), "", "localhost evil"])],
)
def test_names_that_are_served(host: str, served: bool) -> None:
    hosts = Hosts(GatewaySettings(SONICMESH_ALLOWED_HOSTS=PROXY["SONICMESH_ALLOWED_HOSTS"]))
    assert [hosts.serves(host), hosts.serves(host)] == [served, served]


@pytest.mark.parametrize(
    ("origin", "host", "scheme", "own"),
    [
        ("http://music.lan", "music.lan", "", True),
        ("http://music.lan:80", "Music.lan", "http", True),
        ("https://music.lan", "music.lan:443", "https", True),
        ("http://[::1]:9002", "[0::1]:9002", "", True),
        ("https://music.lan", "music.lan", "http", False),
        ("http://music.lan:8080", "music.lan", "", False),
        ("http://evil.com", "music.lan", "", False),
        ("null", "music.lan", "", False),
        ("http://[", "music.lan", "", False),
        ("file://", "", "", False),
    ],
)
def test_pages_that_are_our_own(origin: str, host: str, scheme: str, own: bool) -> None:
    assert is_own_page(origin, host, scheme) is own


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        ([], "127.0.0.1"),
        (["203.0.113.9"], "203.0.113.9"),
        (["6.6.6.6, 203.0.113.9, 10.1.1.1"], "203.0.113.9"),
        (["6.6.6.6", "203.0.113.9:1234"], "203.0.113.9"),
        (["[2001:db8::1]:80"], "2001:db8::1"),
        (["6.6.6.6, nonsense, 10.2.2.2"], "10.2.2.2"),
        (["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
    ],
)
def test_the_person_behind_trusted_proxies(forwarded: list[str], found: str) -> None:
    headers = [("X-Forwarded-For", value) for value in forwarded]
    request = make_mocked_request("GET", "/", headers=headers).clone(remote="127.0.0.1")
    assert client_address(request, GatewaySettings(SONICMESH_PROXY_TRUSTED=PROXY["SONICMESH_PROXY_TRUSTED"])) == found
    assert client_address(request, GatewaySettings()) == "127.0.0.1", "nobody is believed unless told to"


def test_limits_count_whole_networks_of_ipv6() -> None:
    assert limit_key("2001:db8:1:2:aaaa::1") == limit_key("2001:db8:1:2:bbbb::2") != limit_key("2001:db8:1:3::1")
    assert limit_key("::ffff:192.0.2.7") == "192.0.2.7"
    assert limit_key("::1") == "::1"


@pytest.mark.parametrize("value", ["http://music.lan", "*", "music.lan/x", "a b"])
def test_a_setting_that_is_no_name_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONICMESH_ALLOWED_HOSTS", value)
    with pytest.raises(SettingsError, match="SONICMESH_ALLOWED_HOSTS"):
        load_settings(GatewaySettings)


REBOUND = {"Host": "evil.com:9002", "Origin": "http://evil.com:9002", "Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/tracks?q=a"),
        ("POST", "/batch/cancel"),
        ("GET", "/events"),
        ("GET", "/"),
        ("GET", "/api/path?from=a&to=b"),
    ],
)
def test_a_page_whose_name_was_pointed_at_us_gets_nothing(mesh: GatewayMesh, method: str, path: str) -> None:
    for port in (mesh.port, mesh.text_port):
        answer = mesh.request(method, path, headers=REBOUND, port=port)
        assert (answer.status, answer.code) == (403, "forbidden")
        assert "SONICMESH_ALLOWED_HOSTS" in answer.json["message"]
    assert mesh.get("/healthz", Host="probe").status == 200


@pytest.fixture(scope="module")
def proxied() -> Iterator[GatewayMesh]:
    with serving("library", **PROXY, SONICMESH_CONNECTIONS_PER_ADDRESS="4") as mesh:
        yield mesh


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "music.lan", "Origin": "http://music.lan"}, 404),
        ({"Host": "music.lan:81", "Origin": "http://music.lan:81"}, 404),
        ({"X-Forwarded-Host": "music.lan", "Origin": "http://music.lan"}, 404),
        ({"X-Forwarded-Host": "music.lan", "X-Forwarded-Proto": "https", "Origin": "https://music.lan"}, 404),
        ({"X-Forwarded-Host": "music.lan", "X-Forwarded-Proto": "http", "Origin": "https://music.lan"}, 403),
        ({"Origin": "http://music.lan"}, 403),
        ({"X-Forwarded-Host": "evil.com", "Origin": "http://evil.com"}, 403),
        ({"Host": "evil.com", "X-Forwarded-Host": "127.0.0.1", "Origin": "http://127.0.0.1"}, 403),
    ],
)
def test_the_page_works_behind_a_proxy(proxied: GatewayMesh, headers: dict[str, str], status: int) -> None:
    answer = proxied.post("/batch/cancel", **headers)
    assert answer.status == status
    if status == 403:
        assert "SONICMESH_" in answer.json["message"], "it says what to set"


def test_others_than_the_proxy_are_not_believed(mesh: GatewayMesh) -> None:
    headers = {"X-Forwarded-Host": "music.lan", "Origin": "http://music.lan"}
    answer = mesh.post("/batch/cancel", **headers)
    assert (answer.status, "SONICMESH_PROXY_TRUSTED" in answer.json["message"]) == (403, True)
