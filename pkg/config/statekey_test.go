package config

import (
	"os"
	"path/filepath"
	"testing"
)

func TestStateKey(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	long, short := file("long", "0123456789abcdef\n"), file("short", "0123\n")
	env := map[string]string{"KEY": "fedcba9876543210"}
	for _, tc := range []struct {
		name   string
		config Config
		want   string
		err    string
	}{
		{"none", Config{}, "", ""},
		{"file", Config{StateKeyFile: long}, "0123456789abcdef", ""},
		{"variable", Config{StateKeyEnv: "KEY"}, "fedcba9876543210", ""},
		{"short", Config{StateKeyFile: short}, "", "read the state key from the file " + short + ": it has 4 bytes, but a key has at least 16; make one with: openssl rand -hex 32"},
		{"variable not set", Config{StateKeyEnv: "NONE"}, "", "read the state key from the environment variable NONE: it has 0 bytes, but a key has at least 16; make one with: openssl rand -hex 32"},
		{"no such file", Config{StateKeyFile: dir + "/none"}, "", "read the state key: open " + dir + "/none: no such file or directory"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := tc.config.StateKey(func(name string) string { return env[name] })
			if text := errorText(err); text != tc.err || string(got) != tc.want {
				t.Errorf("StateKey = %q, %q, want %q, %q", got, text, tc.want, tc.err)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
