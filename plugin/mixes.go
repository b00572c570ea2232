package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// written is the stored state of one mix.
type written struct {
	ID string `json:"id"`
	// Deleted is set if the person deleted the mix; it lasts until they switch the mix off and on again.
	Deleted bool `json:"deleted,omitempty"`
}

// memory is the stored state of one person, by name, since Navidrome may change ids.
type memory struct {
	Day   string             `json:"day"`
	Mixes map[string]written `json:"mixes"`
}

// mixesOf requests the mixes of one person and writes them for that person. While the library is being embedded, it
// returns the seconds after which to ask the gateway again; 0 means tomorrow.
func mixesOf(h host, due task) (int, error) {
	body, _ := json.Marshal(mixesRequest{UserNames: []string{due.User}, Waiting: due.Waiting > 0})
	data, err := forward(h, mixesFunction, body, mixesMs)
	if err != nil {
		return 0, err
	}
	var answer mixesAnswer
	if err := json.Unmarshal(data, &answer); err != nil {
		return 0, fmt.Errorf("cannot read the mixes: %w", err)
	}
	for _, wanted := range answer.Users {
		if wanted.UserName == due.User {
			if err := write(h, wanted, due.CatchUp, answer.AgainSeconds == 0); err != nil {
				return 0, err
			}
		}
	}
	return answer.AgainSeconds, nil
}

// write updates a person's playlists. Mixes that are not final do not count as written today: Navidrome's next start
// writes them again.
func write(h host, wanted wish, catchUp, final bool) error {
	key := "user:" + wanted.UserName
	known := memory{}
	if err := recall(h, key, &known); err != nil {
		return err
	}
	if catchUp && known.Day == wanted.Day {
		return nil
	}
	if known.Mixes == nil {
		known.Mixes = map[string]written{}
	}
	own, err := ownPlaylists(h, wanted.UserName)
	if err != nil {
		return err
	}
	var trouble []error
	for _, each := range wanted.Off {
		trouble = append(trouble, remove(h, wanted.UserName, each, own, known.Mixes))
	}
	for _, each := range wanted.Mixes {
		trouble = append(trouble, place(h, wanted.UserName, each, own, known.Mixes), keep(h, key, known))
	}
	if err := errors.Join(trouble...); err != nil {
		return err
	}
	if known.Day = wanted.Day; !final {
		known.Day = ""
	}
	h.info(fmt.Sprintf("mixes of %s: %d written", wanted.UserName, placed(wanted.Mixes, known.Mixes)))
	return keep(h, key, known)
}

// placed counts the mixes that the person has, without deleted ones.
func placed(mixes []mix, known map[string]written) int {
	count := 0
	for _, each := range mixes {
		if !known[each.Key].Deleted {
			count++
		}
	}
	return count
}

// place writes one mix into its playlist or a new one, or skips it if the person deleted it.
func place(h host, user string, wanted mix, own []playlist, known map[string]written) error {
	before, seen := known[wanted.Key]
	there, found := find(own, before.ID, wanted.Mark)
	if seen && !found {
		known[wanted.Key] = written{ID: before.ID, Deleted: true}
		return nil
	}
	parameters := url.Values{"songId": wanted.SongIDs}
	if found {
		parameters.Set("playlistId", there.ID)
	} else {
		parameters.Set("name", wanted.Name)
	}
	made, err := subsonic(h, user, "createPlaylist", parameters)
	if err != nil {
		return err
	}
	id := there.ID
	if !found {
		id = made.Playlist.ID
	}
	if id == "" {
		return errors.New("Navidrome did not return the playlist that it created for  " + wanted.Name)
	}
	if left := len(wanted.SongIDs) - made.Playlist.SongCount; left > 0 {
		h.warn(fmt.Sprintf("%s of %s: Navidrome left out %d of %d songs", wanted.Name, user, left, len(wanted.SongIDs)))
	}
	known[wanted.Key] = written{ID: id}
	_, err = subsonic(h, user, "updatePlaylist", url.Values{"playlistId": {id}, "comment": {wanted.Comment}})
	return err
}

// remove deletes a mix that is switched off and forgets it, so that it returns when switched on.
func remove(h host, user string, unwanted mix, own []playlist, known map[string]written) error {
	there, found := find(own, known[unwanted.Key].ID, unwanted.Mark)
	if found {
		if _, err := subsonic(h, user, "deletePlaylist", url.Values{"id": {there.ID}}); err != nil {
			return err
		}
	}
	delete(known, unwanted.Key)
	return nil
}

// find looks for a playlist by the stored id, else by the mark: Navidrome may have changed its ids.
func find(own []playlist, id, mark string) (playlist, bool) {
	for _, each := range own {
		if id != "" && each.ID == id {
			return each, true
		}
	}
	for _, each := range own {
		if mark != "" && strings.Contains(each.Comment, mark) {
			return each, true
		}
	}
	return playlist{}, false
}
