package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestReadVersion(t *testing.T) {
	platform := " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
	commit := []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123abcd"},
		{Key: "vcs.modified", Value: "true"},
		{Key: "vcs.time", Value: "2026-01-02T03:04:05Z"},
	}
	for _, tc := range []struct {
		name, override string
		info           *debug.BuildInfo
		want           string
	}{
		{"built without information", "", nil, "linnet devel"},
		{"built from a work tree", "", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: commit}, "linnet devel 0123abcd (modified)"},
		{"installed as a module", "", &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, "linnet v1.2.3"},
		{"release build", "v1.2.4", &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: commit[:1]}, "linnet v1.2.4 0123abcd"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := readVersion(tc.override, tc.info).String(); got != tc.want+platform {
				t.Errorf("readVersion = %q, want %q", got, tc.want+platform)
			}
		})
	}
}
