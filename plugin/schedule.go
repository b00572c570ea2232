package main

import (
	"encoding/json"
	"fmt"
)

const (
	// afterStart is the delay of the first look after a start, in s: Navidrome and the mesh may start together.
	afterStart = 60
	// between is the time between two people, in s.
	between = 10
	// retryAfter is the delay until a person's mixes are tried again, in s.
	retryAfter = 600
	// attempts is how often one person's mixes are tried a day.
	attempts = 3
	// runsKey counts the runs: the ids of schedules must not repeat.
	runsKey = "runs"
	// waitKey and a user's name: the number of their wait for the whole library.
	waitKey = "wait:"
)

// task is the payload of a schedule: everybody's mixes, or those of User.
type task struct {
	User    string `json:"user,omitempty"`
	Attempt int    `json:"attempt,omitempty"`
	// CatchUp: only where nothing was written today.
	CatchUp bool `json:"catchUp,omitempty"`
	// Waiting: the number of this wait for the mixes of the whole library, where those of a part of it are written.
	Waiting int `json:"waiting,omitempty"`
}

// start schedules the mixes of every day, and those that a switched-off computer missed.
func start(h host) error {
	cron, err := schedule(h)
	if err != nil {
		h.warn("no mixes are written: " + err.Error()) // and everything else works
		return nil
	}
	if cron == "" {
		h.info("no mixes are written: the setting says never")
		return nil
	}
	payload, _ := json.Marshal(task{})
	daily := map[string]any{"cronExpression": cron, "payload": string(payload), "scheduleId": "mixes"}
	if err := h.call("scheduler_schedulerecurring", daily, nil); err != nil {
		return err
	}
	h.info("mixes are written at " + cron + " (minute, hour)")
	return anew(h, task{CatchUp: true}, afterStart)
}

// wake does what a schedule was made for.
func wake(h host, body []byte) error {
	var call struct {
		Payload string `json:"payload"`
	}
	var due task
	if err := json.Unmarshal(body, &call); err != nil {
		return fmt.Errorf("a callback that cannot be read: %w", err)
	}
	if err := json.Unmarshal([]byte(call.Payload), &due); err != nil {
		return fmt.Errorf("a payload that cannot be read: %w", err)
	}
	if due.User == "" {
		return everybody(h, due)
	}
	if outdated, err := superseded(h, due); outdated || err != nil {
		return err
	}
	again, err := mixesOf(h, due)
	if err == nil {
		return await(h, due, again)
	}
	if due.Attempt+1 >= attempts {
		return err
	}
	h.warn(fmt.Sprintf("mixes of %s are tried again in %d s: %v", due.User, retryAfter, err))
	due.Attempt++
	return anew(h, due, retryAfter)
}

// await schedules the next look at a library that is still being embedded; nothing where seconds are 0.
func await(h host, due task, seconds int) error {
	if seconds <= 0 {
		return keep(h, waitKey+due.User, 0)
	}
	run, err := nextRun(h)
	if err != nil {
		return err
	}
	if due.Waiting == 0 {
		h.info(fmt.Sprintf("mixes of %s are written again once the library is embedded", due.User))
	}
	if err := keep(h, waitKey+due.User, run); err != nil {
		return err
	}
	return later(h, task{User: due.User, Waiting: run}, run, seconds)
}

// superseded tells whether another wait of the same person took the place of this one: a job may last for nights.
func superseded(h host, due task) (bool, error) {
	if due.Waiting == 0 {
		return false, nil
	}
	var latest int
	err := recall(h, waitKey+due.User, &latest)
	return latest != due.Waiting, err
}

// everybody makes one task for each person: one callback would not have the time for all.
func everybody(h host, due task) error {
	var found struct {
		Result []struct {
			UserName string `json:"userName"`
		} `json:"result"`
	}
	if err := h.call("users_getusers", map[string]any{}, &found); err != nil {
		return err
	}
	run, err := nextRun(h)
	if err != nil {
		return err
	}
	for place, user := range found.Result {
		if err := later(h, task{User: user.UserName, CatchUp: due.CatchUp}, run, 1+place*between); err != nil {
			h.warn("mixes of " + user.UserName + " are not scheduled: " + err.Error())
		}
	}
	return nil
}

// anew schedules a task in a run of its own.
func anew(h host, due task, seconds int) error {
	run, err := nextRun(h)
	if err != nil {
		return err
	}
	return later(h, due, run, seconds)
}

func later(h host, due task, run, seconds int) error {
	payload, err := json.Marshal(due)
	if err != nil {
		return err
	}
	id := fmt.Sprintf("run-%d-%s", run, due.User)
	request := map[string]any{"delaySeconds": seconds, "payload": string(payload), "scheduleId": id}
	return h.call("scheduler_scheduleonetime", request, nil)
}

func nextRun(h host) (int, error) {
	var run int
	if err := recall(h, runsKey, &run); err != nil {
		return 0, err
	}
	run++
	return run, keep(h, runsKey, run)
}
