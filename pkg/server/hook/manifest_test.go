package hook

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unasked are the events that GitHub sends to every App; none can subscribe to them.
var unasked = []string{"installation", "installation_repositories", "ping"}

// The App that people make subscribes to every event that is understood here, and to no other.
func TestManifestIsInStep(t *testing.T) {
	const file = "../../../docs/github-app-manifest.json"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Events []string `json:"default_events"`
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(slices.Sorted(maps.Keys(githubEvents)), func(name string) bool { return slices.Contains(unasked, name) })
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(manifest.Events))); diff != "" {
		t.Errorf("%s does not subscribe to what is understood (-want +got):\n%s", file, diff)
	}
}
