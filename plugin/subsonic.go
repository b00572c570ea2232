package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

type playlist struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Comment   string `json:"comment"`
	Owner     string `json:"owner"`
	SongCount int    `json:"songCount"`
}

type subsonicAnswer struct {
	Status string `json:"status"`
	Error  struct {
		Message string `json:"message"`
	} `json:"error"`
	Playlist  playlist `json:"playlist"`
	Playlists struct {
		Playlist []playlist `json:"playlist"`
	} `json:"playlists"`
}

// ownPlaylists returns the playlists that the person owns, without those that others share.
func ownPlaylists(h host, user string) ([]playlist, error) {
	answer, err := subsonic(h, user, "getPlaylists", url.Values{})
	if err != nil {
		return nil, err
	}
	var own []playlist
	for _, each := range answer.Playlists.Playlist {
		if strings.EqualFold(each.Owner, user) {
			own = append(own, each)
		}
	}
	return own, nil
}

// subsonic calls Navidrome's Subsonic API as the person.
func subsonic(h host, user, method string, parameters url.Values) (subsonicAnswer, error) {
	parameters.Set("u", user)
	var raw struct {
		ResponseJSON string `json:"responseJson"`
	}
	if err := h.call("subsonicapi_call", map[string]any{"uri": method + "?" + parameters.Encode()}, &raw); err != nil {
		return subsonicAnswer{}, err
	}
	var wrapped struct {
		Response subsonicAnswer `json:"subsonic-response"`
	}
	if err := json.Unmarshal([]byte(raw.ResponseJSON), &wrapped); err != nil {
		return subsonicAnswer{}, fmt.Errorf("%s: cannot read Navidrome's answer: %w", method, err)
	}
	if wrapped.Response.Status != "ok" {
		return subsonicAnswer{}, errors.New(method + ": " + wrapped.Response.Error.Message)
	}
	return wrapped.Response, nil
}
