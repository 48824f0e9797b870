package gitops_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/gitops"
)

// TestIgnoreRuleIsWhatItSays: pasted into packageRules, the rule is JSON, and with it the same configuration is found to leave our lines alone.
func TestIgnoreRuleIsWhatItSays(t *testing.T) {
	files, options := fixture(t, "updaters")
	delete(files, "renovate.json5")
	config := map[string]any{"customManagers": []any{map[string]any{
		"customType": "regex", "fileMatch": []string{`release\.yaml$`},
		"matchStrings": []string{`version: (?<currentValue>\S+)`}, "depNameTemplate": "bigbang",
	}}}
	write := func() gitops.Updater {
		text, err := json.Marshal(config)
		if err != nil {
			t.Fatal(err)
		}
		files[".renovaterc"] = text
		for _, u := range discover(t, files, options).Updaters {
			if u.Position.File == ".renovaterc" {
				return u
			}
		}
		t.Fatal("no updater found")
		return gitops.Updater{}
	}
	before := write()
	if len(before.Bumps) != 1 || before.Bumps[0].Position.File != "dev/release.yaml" || before.Bumps[0].Position.Line != 11 {
		t.Errorf("got bumps %+v, want dev/release.yaml:11", before.Bumps)
	}
	var rules []map[string]any
	if err := json.Unmarshal([]byte("["+before.IgnoreRule+"]"), &rules); err != nil || len(rules) != 2 {
		t.Fatalf("the rule is not two entries of a list: %v\n%s", err, before.IgnoreRule)
	}
	config["packageRules"] = rules
	after := write()
	if after.IgnoreRule != "" || !strings.Contains(strings.Join(after.Notes, "; "), "already leave these files alone") {
		t.Errorf("with the rule added: got %+v, want nothing more to add", after)
	}
	rules[0]["enabled"] = true
	if again := write(); again.IgnoreRule == "" {
		t.Error("with the rule switched on: got nothing to add")
	}
}

// TestRenovateSwitches: what turns Renovate, or the manager that matches, off.
func TestRenovateSwitches(t *testing.T) {
	for _, row := range []struct {
		name, config string
		bumps        int
	}{
		{"the kustomize manager reads every ?ref=", `{}`, 1},
		{"it is not among the enabled ones", `{"enabledManagers": ["custom.regex"]}`, 0},
		{"it is switched off", `{"kustomize": {"enabled": false}}`, 0},
		{"all is switched off", `{"enabled": false}`, 0},
		{"not JSON: not known, so nothing is claimed", `{`, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			files, options := fixture(t, "not-built")
			files[".github/renovate.json"] = []byte(row.config)
			updaters := discover(t, files, options).Updaters
			if len(updaters) != 1 || len(updaters[0].Bumps) != row.bumps {
				t.Errorf("got %+v, want %d bumps", updaters, row.bumps)
			}
		})
	}
}
