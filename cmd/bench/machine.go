package main

import (
	"os"
	"regexp"
	"runtime"
	"strings"
)

// machine is what the figures depend on besides the code.
type machine struct {
	cpu        string
	cores      int
	goVersion  string
	system     string
	postgres   string // version; empty: not measured
	loadBefore string // the 1, 5 and 15 minute averages
	loadAfter  string
}

var cpuModel = regexp.MustCompile(`(?m)^model name\s*:\s*(.+)$`)

func describe(postgresVersion string) machine {
	m := machine{
		cpu: "unknown", cores: runtime.NumCPU(), goVersion: runtime.Version(), system: runtime.GOOS + "/" + runtime.GOARCH,
		postgres: postgresVersion, loadBefore: load(),
	}
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if found := cpuModel.FindSubmatch(b); found != nil {
			m.cpu = string(found[1])
		}
	}
	return m
}

func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(b)); err == nil && len(fields) >= 3 {
		return strings.Join(fields[:3], " ")
	}
	return "unknown"
}
