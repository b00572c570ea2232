package main

import "encoding/json"

// host is Navidrome as the plugin sees it; the tests have one of their own.
type host interface {
	// call runs a host function by its name: JSON in, JSON out. answer may be nil.
	call(function string, request, answer any) error
	// config is a setting as text, "" where there is none.
	config(key string) string
	info(text string)
	warn(text string)
}

// recall reads a JSON value that was kept under key; value stays as it is where there is none.
func recall(h host, key string, value any) error {
	var found struct {
		Value  []byte `json:"value"`
		Exists bool   `json:"exists"`
	}
	if err := h.call("kvstore_get", map[string]any{"key": key}, &found); err != nil {
		return err
	}
	if !found.Exists || json.Unmarshal(found.Value, value) != nil {
		return nil // what cannot be read is as good as nothing: mixes are found by their marks
	}
	return nil
}

// keep writes a JSON value for later calls.
func keep(h host, key string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return h.call("kvstore_set", map[string]any{"key": key, "value": data}, nil)
}
