package main

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	// defaultTime is when mixes are written by default.
	defaultTime = "04:00"
	// never switches the mixes off.
	never = "never"
)

// gatewayURL returns the address of a function of the gateway.
func gatewayURL(h host, function string) string {
	address := strings.TrimRight(strings.TrimSpace(h.config("gateway")), "/")
	if address == "" {
		address = defaultGateway
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	return address + pluginPath + function
}

// schedule returns the cron expression of the configured time, or "" if mixes are switched off.
func schedule(h host) (string, error) {
	at := strings.ToLower(strings.TrimSpace(h.config("mixesAt")))
	if at == "" {
		at = defaultTime
	}
	if at == never {
		return "", nil
	}
	hours, minutes, _ := strings.Cut(at, ":")
	hour, hourErr := strconv.Atoi(hours)
	minute, minuteErr := strconv.Atoi(minutes)
	if hourErr != nil || minuteErr != nil || hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		return "", fmt.Errorf("when to write mixes: %q is neither a time such as 04:00 nor %q", at, never)
	}
	return fmt.Sprintf("%d %d * * *", minute, hour), nil
}
