"""Smart playlists of labels, as Navidrome reads them."""

from __future__ import annotations

from pathlib import Path

import orjson

from cli.smart_playlists import SmartPlaylist, write

#: Fields of Navidrome's rules that name a file.
FIELDS = {"filepath", "library_id"}


def test_a_playlist_names_files_by_path(tmp_path: Path) -> None:
    made = SmartPlaylist("r&b", ((1, "Nordlys Trio/1.flac"), (1, "é.mp3")))
    [path] = write(tmp_path, [made])
    assert path == tmp_path / "sonicmesh-r-b.nsp"
    rules = orjson.loads(path.read_bytes())
    assert rules["any"] == [{"is": {"filepath": "Nordlys Trio/1.flac"}}, {"is": {"filepath": "é.mp3"}}]
    assert (rules["name"], rules["limit"]) == ("Sonic Mesh: r&b", 2)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["sonicmesh-r-b.nsp"]


def test_several_libraries_are_told_apart() -> None:
    rules = orjson.loads(SmartPlaylist("jazz", ((2, "1.flac"),), several_libraries=True).content())
    assert rules["any"] == [{"all": [{"is": {"filepath": "1.flac"}}, {"is": {"library_id": 2}}]}]
    assert {field for rule in rules["any"][0]["all"] for field in rule["is"]} == FIELDS
