package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

const (
	// clickMs is how long a person who clicked may wait, in ms; the gateway answers within one second.
	clickMs = 2_000
	// mixesMs is how long the mixes of one person may take, in ms: Navidrome ends a callback after 30 s.
	mixesMs = 20_000
	// statusOK is the only status with an answer.
	statusOK = 200
	// longest is how much of an unknown answer an error quotes, in bytes.
	longest = 200
)

type httpRequest struct {
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      []byte            `json:"body"`
	TimeoutMs int               `json:"timeoutMs"`
}

type httpAnswer struct {
	Result struct {
		StatusCode int    `json:"statusCode"`
		Body       []byte `json:"body"`
	} `json:"result"`
}

// forward sends a body to a function of the gateway and returns the answer, both unchanged.
func forward(h host, function string, body []byte, timeoutMs int) ([]byte, error) {
	headers := map[string]string{"Content-Type": "application/json"}
	if token := strings.TrimSpace(h.config("token")); token != "" {
		headers["Authorization"] = "Bearer " + token
	}
	request := httpRequest{"POST", gatewayURL(h, function), headers, body, timeoutMs}
	var answer httpAnswer
	if err := h.call("http_send", map[string]any{"request": request}, &answer); err != nil {
		return nil, fmt.Errorf("cannot reach the mesh: %w", err)
	}
	if answer.Result.StatusCode != statusOK {
		return nil, fmt.Errorf("the mesh answered %d: %s", answer.Result.StatusCode, reason(answer.Result.Body))
	}
	if !json.Valid(answer.Result.Body) {
		return nil, errors.New("the server at " + request.URL + " is not Sonic Mesh: its answer is not JSON")
	}
	return answer.Result.Body, nil
}

// reason returns the message of a gateway error, or the beginning of any other answer.
func reason(body []byte) string {
	var said struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &said) == nil && said.Message != "" {
		return said.Message
	}
	return string(body[:min(len(body), longest)])
}
