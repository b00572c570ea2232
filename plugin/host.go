package main

import "encoding/json"

// host is Navidrome as the plugin sees it; tests use their own.
type host interface {
	// call runs a host function by its name: JSON in, JSON out. answer may be nil.
	call(function string, request, answer any) error
	// config returns a setting as text, or "" if it is not set.
	config(key string) string
	info(text string)
	warn(text string)
}

// recall reads the JSON value stored under key; value stays unchanged if there is none.
func recall(h host, key string, value any) error {
	var found struct {
		Value  []byte `json:"value"`
		Exists bool   `json:"exists"`
	}
	if err := h.call("kvstore_get", map[string]any{"key": key}, &found); err != nil {
		return err
	}
	if !found.Exists || json.Unmarshal(found.Value, value) != nil {
		return nil // treat unreadable values as missing: mixes are found by their marks
	}
	return nil
}

// keep stores a JSON value for later calls.
func keep(h host, key string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return h.call("kvstore_set", map[string]any{"key": key, "value": data}, nil)
}
