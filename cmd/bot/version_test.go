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

func TestVersionSaysWhetherTheFIPSModeIsOn(t *testing.T) {
	for _, tc := range []struct {
		enabled      bool
		module, want string
	}{
		{false, "latest", "linnet v1 go1 linux/amd64"},
		{false, "v1.0.0-c2097c7c", "linnet v1 go1 linux/amd64"},
		{true, "v1.0.0-c2097c7c", "linnet v1 (FIPS 140-3 module v1.0.0-c2097c7c) go1 linux/amd64"},
		{true, "latest", "linnet v1 (FIPS 140-3 module latest) go1 linux/amd64"},
	} {
		v := buildVersion{Version: "v1", Go: "go1", Platform: "linux/amd64", FIPS140: fipsModule(tc.enabled, tc.module)}
		if got := v.String(); got != tc.want {
			t.Errorf("enabled %t, module %s: got %q, want %q", tc.enabled, tc.module, got, tc.want)
		}
	}
}
