//go:build wasip1

package main

import (
	"encoding/json"
	"errors"
	"fmt"
)

//go:wasmimport extism:host/env config_get
func configGet(key uint64) uint64

//go:wasmimport extism:host/env log_info
func logInfo(text uint64)

//go:wasmimport extism:host/env log_warn
func logWarn(text uint64)

//go:wasmimport extism:host/user http_send
func httpSend(request uint64) uint64

//go:wasmimport extism:host/user users_getusers
func usersGetUsers(request uint64) uint64

//go:wasmimport extism:host/user subsonicapi_call
func subsonicAPICall(request uint64) uint64

//go:wasmimport extism:host/user kvstore_get
func kvstoreGet(request uint64) uint64

//go:wasmimport extism:host/user kvstore_set
func kvstoreSet(request uint64) uint64

//go:wasmimport extism:host/user scheduler_schedulerecurring
func schedulerRecurring(request uint64) uint64

//go:wasmimport extism:host/user scheduler_scheduleonetime
func schedulerOneTime(request uint64) uint64

var functions = map[string]func(uint64) uint64{
	"http_send":                   httpSend,
	"users_getusers":              usersGetUsers,
	"subsonicapi_call":            subsonicAPICall,
	"kvstore_get":                 kvstoreGet,
	"kvstore_set":                 kvstoreSet,
	"scheduler_schedulerecurring": schedulerRecurring,
	"scheduler_scheduleonetime":   schedulerOneTime,
}

// navidrome is the real host.
type navidrome struct{}

func (navidrome) call(function string, request, answer any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	given := put(body)
	data := take(functions[function](given))
	free(given)
	if len(data) == 0 {
		return nil
	}
	var refusal struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal(data, &refusal); err != nil {
		return fmt.Errorf("%s: cannot read Navidrome's answer: %w", function, err)
	}
	if refusal.Error != "" {
		return errors.New(function + ": " + refusal.Error)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(data, answer)
}

func (navidrome) config(key string) string {
	name := put([]byte(key))
	defer free(name)
	return string(take(configGet(name)))
}

func (navidrome) info(text string) { speak(logInfo, text) }

func (navidrome) warn(text string) { speak(logWarn, text) }

func speak(log func(uint64), text string) {
	offset := put([]byte("sonicmesh: " + text))
	log(offset)
	free(offset)
}
