package main

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
)

// desk is a fake Navidrome with one person; broken names a method that fails.
type desk struct {
	playlists []playlist
	calls     []string
	broken    string
	settings  map[string]string
	said      []string
	// dropped is how many songs it leaves out when it creates a playlist.
	dropped int
}

func (d *desk) config(key string) string { return d.settings[key] }
func (d *desk) info(text string)         { d.said = append(d.said, text) }
func (d *desk) warn(text string)         { d.said = append(d.said, text) }

func (d *desk) call(function string, request, answer any) error {
	if function != "subsonicapi_call" {
		return nil
	}
	method, query, _ := strings.Cut(request.(map[string]any)["uri"].(string), "?")
	fields, _ := url.ParseQuery(query)
	d.calls = append(d.calls, method+" "+fields.Get("playlistId")+fields.Get("id"))
	if method == d.broken {
		return errors.New("refused")
	}
	said, _ := json.Marshal(map[string]any{"subsonic-response": map[string]any{
		"status":    "ok",
		"playlist":  map[string]any{"id": "made", "songCount": len(fields["songId"]) - d.dropped},
		"playlists": map[string]any{"playlist": d.playlists},
	}})
	wrapped, _ := json.Marshal(map[string]any{"responseJson": string(said)})
	return json.Unmarshal(wrapped, answer)
}

var daily = mix{Key: "daily-1", Name: "Daily Mix 1", Comment: "c [m]", Mark: "[m]", SongIDs: []string{"a", "b"}}

func TestPlace(t *testing.T) {
	kept := playlist{ID: "kept", Name: "renamed", Owner: "alice"}
	marked := playlist{ID: "marked", Comment: "old [m]", Owner: "alice"}
	cases := []struct {
		name   string
		there  []playlist
		known  map[string]written
		expect written
		calls  int
	}{
		{"nothing yet", nil, map[string]written{}, written{ID: "made"}, 2},
		{"by its id", []playlist{marked, kept}, map[string]written{"daily-1": {ID: "kept"}}, written{ID: "kept"}, 2},
		{"by its mark", []playlist{marked}, map[string]written{"daily-1": {ID: "gone"}}, written{ID: "marked"}, 2},
		{"deleted", nil, map[string]written{"daily-1": {ID: "gone"}}, written{ID: "gone", Deleted: true}, 0},
	}
	for _, each := range cases {
		d := &desk{}
		if err := place(d, "alice", daily, each.there, each.known); err != nil {
			t.Errorf("%s: %v", each.name, err)
		}
		if each.known["daily-1"] != each.expect || len(d.calls) != each.calls {
			t.Errorf("%s: %v after %v", each.name, each.known, d.calls)
		}
	}
}

func TestAPlaylistWhoseCommentFailsIsStillRemembered(t *testing.T) {
	known := map[string]written{}
	err := place(&desk{broken: "updatePlaylist"}, "alice", daily, nil, known)
	if err == nil || known["daily-1"].ID != "made" {
		t.Errorf("%v, %v", err, known)
	}
}

func TestWhatIsWrittenAndLeftOutIsSaid(t *testing.T) {
	d := &desk{dropped: 1}
	gone := mix{Key: "discovery", Mark: "[d]", SongIDs: []string{"a"}}
	// The store is empty here, so both are new.
	err := write(d, wish{UserName: "alice", Day: "1", Mixes: []mix{daily, gone}}, false, true)
	said := strings.Join(d.said, "; ")
	if err != nil || !strings.Contains(said, "Daily Mix 1 of alice: Navidrome left out 1 of 2 songs") ||
		!strings.Contains(said, "mixes of alice: 2 written") {
		t.Errorf("%v, %s", err, said)
	}
	if placed([]mix{daily, gone}, map[string]written{"discovery": {Deleted: true}}) != 1 {
		t.Error("a deleted mix counts as written")
	}
}

func TestOnlyOwnPlaylistsCount(t *testing.T) {
	d := &desk{playlists: []playlist{{ID: "1", Owner: "Alice"}, {ID: "2", Owner: "bob"}}}
	own, err := ownPlaylists(d, "alice")
	if err != nil || len(own) != 1 || own[0].ID != "1" {
		t.Errorf("%v, %v", own, err)
	}
}

func TestConfiguration(t *testing.T) {
	for given, expect := range map[string]string{"": "0 4 * * *", "23:05": "5 23 * * *", "Never": "", "7:30": "30 7 * * *"} {
		if cron, err := schedule(&desk{settings: map[string]string{"mixesAt": given}}); err != nil || cron != expect {
			t.Errorf("%q: %q, %v", given, cron, err)
		}
	}
	for _, given := range []string{"24:00", "12:60", "-1:00", "noon", "12"} {
		if _, err := schedule(&desk{settings: map[string]string{"mixesAt": given}}); err == nil {
			t.Errorf("%q is taken for a time", given)
		}
	}
	for given, expect := range map[string]string{
		"":                   "http://127.0.0.1:9002/plugin/f",
		" nas:9002/ ":        "http://nas:9002/plugin/f",
		"https://mesh/base/": "https://mesh/base/plugin/f",
	} {
		if url := gatewayURL(&desk{settings: map[string]string{"gateway": given}}, "f"); url != expect {
			t.Errorf("%q: %q", given, url)
		}
	}
}
