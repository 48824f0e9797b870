package chatops

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the reference in docs/commands.md")

const (
	page        = "../../docs/commands.md"
	beginMarker = "<!-- What follows is made from the table in pkg/chatops; change that, then run `make generate`. -->\n"
)

// The page says what the table says.
func TestPageIsInStep(t *testing.T) {
	old, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	prose, _, found := strings.Cut(string(old), beginMarker)
	if !found {
		t.Fatalf("%s has no line %s", page, beginMarker)
	}
	want := prose + beginMarker + reference(t)
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(old)); diff != "" {
		t.Errorf("%s is not in step with the table; run make generate (-want +got):\n%s", page, diff)
	}
}

func reference(t *testing.T) string {
	t.Helper()
	rights := DefaultRights()
	var b strings.Builder
	b.WriteString("\n## All commands\n\nWho may is what holds where the configuration does not say.\n\n| command | what it does | who may |\n| --- | --- | --- |\n")
	for _, v := range Verbs {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s | %s |\n", v.Usage(), v.Name, v.Short, rights[v.Name])
	}
	for _, v := range Verbs {
		text, err := Help(v.Name, rights)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s", v.Name, text)
	}
	b.WriteString("\n## Roles\n\nEach includes the ones before it.\n\n| GitLab | GitHub |\n| --- | --- |\n")
	for _, words := range roleWords[Guest:] {
		fmt.Fprintf(&b, "| `%s` | `%s` |\n", words[0], words[1])
	}
	return b.String()
}
