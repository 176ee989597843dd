package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCmd struct {
	JSON bool `help:"Print JSON."`
}

func (c *versionCmd) Run(std streams) error {
	version, revision := "devel", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			version = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	if c.JSON {
		return printJSON(std.out, map[string]any{"version": version, "revision": optional(revision), "go": runtime.Version()})
	}
	_, err := fmt.Fprintf(std.out, "drawbridge %s %s\n", version, runtime.Version())
	return err
}
