package github

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	manifestFile    = "../../../docs/github-app-manifest.json"
	permissionsPage = "../../../docs/permissions.md"
	installPage     = "../../../docs/install-github.md"
)

// manifest is what GitHub makes an App of.
type manifest struct {
	Name        string            `json:"name"`
	URL         string            `json:"url"`
	Description string            `json:"description"`
	Public      bool              `json:"public"`
	Redirect    string            `json:"redirect_url"`
	Hook        hookAttributes    `json:"hook_attributes"`
	Events      []string          `json:"default_events"`
	Permissions map[string]string `json:"default_permissions"`
}

type hookAttributes struct {
	URL    string `json:"url"`
	Active bool   `json:"active"`
}

func readManifest(t *testing.T) (m manifest) {
	t.Helper()
	file, err := os.Open(manifestFile)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

// subscribed are the permissions without which GitHub does not let an App subscribe to an event.
var subscribed = map[string]string{
	"check_run": "checks", "check_suite": "checks", "issue_comment": "issues", "merge_group": "merge_queues", "pull_request": "pull_requests",
	"pull_request_review": "pull_requests", "push": "contents", "status": "statuses",
}

// The App that people make asks for what its tokens are asked for, and for what its events need, and for nothing else.
func TestManifestIsInStep(t *testing.T) {
	m := readManifest(t)
	text, err := json.Marshal(permissions())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for _, event := range m.Events {
		permission := subscribed[event]
		if permission == "" {
			t.Errorf("%s has the event %s, and this test does not know which permission that needs", manifestFile, event)
		} else if want[permission] == "" {
			want[permission] = "read"
		}
	}
	if diff := cmp.Diff(want, m.Permissions); diff != "" {
		t.Errorf("%s does not ask for what the bot and its events need (-want +got):\n%s", manifestFile, diff)
	}
	if m.Public || !m.Hook.Active || !strings.HasSuffix(m.Hook.URL, "/hooks/github") {
		t.Errorf("%s: public %t, webhook %+v; want a private App whose webhook goes to /hooks/github", manifestFile, m.Public, m.Hook)
	}
}

// The page that gives reasons has each permission of the App once, and no other.
func TestPermissionsPageIsInStep(t *testing.T) {
	text, err := os.ReadFile(permissionsPage)
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "\n## GitHub App\n")
	if !found {
		t.Fatalf("%s has no section GitHub App", permissionsPage)
	}
	table, _, _ = strings.Cut(table, "\n##")
	var got, want []string
	for line := range strings.Lines(table) {
		if row, ok := strings.CutPrefix(line, "| `"); ok {
			right, _, _ := strings.Cut(row, "`")
			got = append(got, right)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(readManifest(t).Permissions)) {
		want = append(want, name+": "+readManifest(t).Permissions[name])
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s does not have the permissions of %s (-want +got):\n%s", permissionsPage, manifestFile, diff)
	}
}

// The address that fills in GitHub's form asks for the same as the manifest.
func TestAddressThatMakesTheAppIsInStep(t *testing.T) {
	m := readManifest(t)
	want := fmt.Sprintf("https://github.com/organizations/acme/settings/apps/new?name=%s&url=%s&public=false&webhook_active=true&webhook_url=%s",
		m.Name, url.QueryEscape(m.URL), url.QueryEscape(m.Hook.URL))
	for _, name := range slices.Sorted(maps.Keys(m.Permissions)) {
		want += "&" + name + "=" + m.Permissions[name]
	}
	for _, event := range m.Events {
		want += "&events[]=" + event
	}
	text, err := os.ReadFile(installPage)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "\n"+want+"\n") {
		t.Errorf("%s has not this line:\n%s", installPage, want)
	}
}
