package main

import (
	"crypto/fips140"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by a release build: -ldflags "-X main.version=v1.2.3".
var version string

// buildVersion says which build of the program this is.
type buildVersion struct {
	Version  string `json:"version"`            // release, or module version, or "devel"
	Revision string `json:"revision,omitempty"` // commit it was built from
	Modified bool   `json:"modified,omitempty"` // the work tree had changes beyond that commit
	Time     string `json:"time,omitempty"`     // of the commit, RFC 3339
	FIPS140  string `json:"fips140,omitempty"`  // version of the FIPS 140-3 module, where the program runs in that mode
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func newVersionCommand(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print which build this is",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := oneOf("output", output, "text", "json"); err != nil {
				return err
			}
			info, _ := debug.ReadBuildInfo()
			v := readVersion(version, info)
			v.FIPS140 = fipsModule(fips140.Enabled(), fips140.Version())
			if output == "json" {
				enc := json.NewEncoder(a.stdout)
				enc.SetIndent("", "  ")
				return enc.Encode(v)
			}
			_, err := fmt.Fprintln(a.stdout, v)
			return err
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return cmd
}

// readVersion takes the override of a release build first, then what the Go
// toolchain recorded. info may be nil: a binary can be built without it.
func readVersion(override string, info *debug.BuildInfo) buildVersion {
	v := buildVersion{Version: override, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info != nil {
		if v.Version == "" && info.Main.Version != "(devel)" {
			v.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				v.Revision = s.Value
			case "vcs.modified":
				v.Modified = s.Value == "true"
			case "vcs.time":
				v.Time = s.Value
			}
		}
	}
	if v.Version == "" {
		v.Version = "devel"
	}
	return v
}

// fipsModule is the version of the cryptographic module, "" where the mode is off: that a validated module was built in (GOFIPS140) says nothing where GODEBUG has
// switched the mode off again.
func fipsModule(enabled bool, module string) string {
	if !enabled {
		return ""
	}
	return module
}

// String is the one line that `linnet version` prints.
func (v buildVersion) String() string {
	line := "linnet " + v.Version
	if v.Revision != "" {
		line += " " + v.Revision
		if v.Modified {
			line += " (modified)"
		}
	}
	if v.FIPS140 != "" {
		line += " (FIPS 140-3 module " + v.FIPS140 + ")"
	}
	return line + " " + v.Go + " " + v.Platform
}
