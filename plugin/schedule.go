package main

import (
	"encoding/json"
	"fmt"
)

const (
	// afterStart is the delay of the first run after a start, in s: Navidrome and the mesh may start together.
	afterStart = 60
	// between is the time between two people, in s.
	between = 10
	// retryAfter is the delay before retrying a person's mixes, in s.
	retryAfter = 600
	// attempts is how often a person's mixes are tried per day.
	attempts = 3
	// runsKey is the key of the run counter: the ids of schedules must not repeat.
	runsKey = "runs"
	// waitKey plus a user's name is the key for the number of their wait for the whole library.
	waitKey = "wait:"
)

// task is the payload of a schedule: everybody's mixes, or only those of User.
type task struct {
	User    string `json:"user,omitempty"`
	Attempt int    `json:"attempt,omitempty"`
	// CatchUp limits the task to people whose mixes were not written today.
	CatchUp bool `json:"catchUp,omitempty"`
	// Waiting is the number of this wait for mixes of the whole library; 0 if the task is not waiting.
	Waiting int `json:"waiting,omitempty"`
}

// start schedules the daily mixes, and those missed while the computer was off.
func start(h host) error {
	cron, err := schedule(h)
	if err != nil {
		h.warn("no mixes are written: " + err.Error()) // everything else still works
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
	h.info("mixes will be written at  " + cron + " (minute, hour)")
	return anew(h, task{CatchUp: true}, afterStart)
}

// wake runs the task of a schedule.
func wake(h host, body []byte) error {
	var call struct {
		Payload string `json:"payload"`
	}
	var due task
	if err := json.Unmarshal(body, &call); err != nil {
		return fmt.Errorf("unreadable callback: %w", err)
	}
	if err := json.Unmarshal([]byte(call.Payload), &due); err != nil {
		return fmt.Errorf("unreadable payload: %w", err)
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
	h.warn(fmt.Sprintf("mixes of %s will be retried in %d s: %v", due.User, retryAfter, err))
	due.Attempt++
	return anew(h, due, retryAfter)
}

// await schedules the next check of a library that is still being embedded; if seconds is 0, it ends the wait.
func await(h host, due task, seconds int) error {
	if seconds <= 0 {
		return keep(h, waitKey+due.User, 0)
	}
	run, err := nextRun(h)
	if err != nil {
		return err
	}
	if due.Waiting == 0 {
		h.info(fmt.Sprintf("mixes of %s will be rewritten once the library is embedded", due.User))
	}
	if err := keep(h, waitKey+due.User, run); err != nil {
		return err
	}
	return later(h, task{User: due.User, Waiting: run}, run, seconds)
}

// superseded reports whether a newer wait of the same person replaced this one: a job may last for several nights.
func superseded(h host, due task) (bool, error) {
	if due.Waiting == 0 {
		return false, nil
	}
	var latest int
	err := recall(h, waitKey+due.User, &latest)
	return latest != due.Waiting, err
}

// everybody schedules one task per person: a single callback would not have enough time for all.
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
			h.warn("mixes of " + user.UserName + " could not be scheduled:  " + err.Error())
		}
	}
	return nil
}

// anew schedules a task as a separate run.
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
