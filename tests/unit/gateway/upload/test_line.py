"""The request line: what a browser's form makes of settings, and what is refused."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import InvalidRequest
from gateway.upload.line import parse_line
from gateway.upload.options import UploadOptions, read_options
from tests.harness.places import SHARED

RECORDED = SHARED / "data" / "fork-requests"


@pytest.mark.parametrize("value", [None, {}, [], "text", {"renameEnabled": None, "dedupThreshold": None}])
def test_without_settings_all_is_default(value: Any) -> None:
    assert read_options(value) == UploadOptions(False, "", "", "", True, False, 0.85, "default")


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        (True, True),
        ("true", True),
        ("True ", True),
        ("on", True),
        (1, True),
        ("false", False),
        ("0", False),
        (0, False),
    ],
)
def test_booleans_of_a_form(given_value: Any, expected: bool) -> None:
    options = read_options({"renameEnabled": given_value, "useMetadata": given_value})
    assert (options.rename, options.use_metadata) == (expected, expected)


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        ("0.9", 0.9),
        (0.5, 0.5),
        (1, 1.0),
        ("0", 0.0),
        ("1.5", 0.85),
        (-1, 0.85),
        ("nan", 0.85),
        ("x", 0.85),
        (True, 0.85),
    ],
)
def test_the_threshold(given_value: Any, expected: float) -> None:
    assert read_options({"dedupThreshold": given_value}).threshold == expected


@given(
    st.dictionaries(
        st.sampled_from(["renameEnabled", "dedupThreshold", "reasoningLevel", "openAiModel"]),
        st.none() | st.integers() | st.floats() | st.text() | st.lists(st.integers()),
    )
)
def test_no_value_is_an_error(values: dict[str, Any]) -> None:
    options = read_options(values)
    assert 0 <= options.threshold <= 1
    assert options.reasoning in {"none", "low", "medium", "high", "default"}


@pytest.mark.skipif(not RECORDED.is_dir(), reason="recorded requests are not here")
def test_recorded_requests() -> None:
    first, second = (parse_line((RECORDED / f"socket-{n}.json").read_bytes()) for n in (0, 1))
    assert (first.action, first.name, first.cue_file) == ("upload", "Song – (Remaster).flac", "")
    assert first.options == UploadOptions(similar=True)
    assert (second.cue_file, second.options) == ("/music/upload/navidrome-upload-3.cue", UploadOptions())


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"hello", "JSON"),
        (b"[1]", "JSON map"),
        (b'"\xff"', "JSON"),
        (b"{}", "music_file"),
        (b'{"music_file": 1}', "music_file"),
        (b'{"music_file": "/a\\u0000b"}', "music_file"),
        (b'{"action": "drop", "music_file": "/a"}', "action"),
        (b'{"action": ["health"]}', "action"),
        (b'{"action": "status"}', "track_id"),
        (b'{"action": "status", "artist": "a"}', "track_id"),
        (b'{"action": "status", "track_id": "1:a", "title": 5}', "title"),
        (b'{"action": "status", "track_id": "1:a", "alternate_names": "a.mp3"}', "alternate_names"),
        (b'{"action": "status", "track_id": "1:a", "alternate_names": [1]}', "alternate_names"),
        (b'{"action": "embed", "music_file": "/a"}', "track_id"),
        (orjson.dumps({"music_file": "/" + "a" * 5000}), "4096"),
    ],
)
def test_lines_that_are_refused(raw: bytes, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        parse_line(raw)
