package attacks

import (
	"bufio"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// known are the attacks that a bot on a forge must be ready for.
var known = []string{
	"forged webhook", "secret in logs", "huge body", "crash by content", "replay", "who may command", "one door without a lock", "edited comment",
	"quoted or nested text", "loop", "time of check and of use", "forged status", "fork", "configuration from a PR", "path escape", "SSRF",
	"tokens in URLs and logs", "Markdown or log injection", "too many rights", "supply chain", "approval by the bot",
}

var row = regexp.MustCompile(`^//\t(.+?)  +([a-z/]+) +(Test.*)$`)

func TestTheTableIsWhole(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	attacks, tests := map[string]bool{}, map[string]map[string]bool{}
	lines := bufio.NewScanner(strings.NewReader(string(doc)))
	for lines.Scan() {
		cells := row.FindStringSubmatch(lines.Text())
		if cells == nil {
			if strings.HasPrefix(lines.Text(), "//\t") {
				t.Errorf("not a row: %q", lines.Text())
			}
			continue
		}
		attacks[cells[1]] = true
		for name := range strings.FieldsSeq(cells[3]) {
			if tests[cells[2]] == nil {
				tests[cells[2]] = map[string]bool{}
			}
			tests[cells[2]][name] = true
		}
	}
	if got, want := slices.Sorted(maps.Keys(attacks)), slices.Sorted(slices.Values(known)); !slices.Equal(got, want) {
		t.Errorf("the table has the attacks\n%q, want\n%q", got, want)
	}
	for dir, named := range tests {
		there := testsIn(t, dir)
		for name := range named {
			if !there[name] {
				t.Errorf("%s has no %s", dir, name)
			}
		}
		for name := range there {
			if strings.HasPrefix(name, "TestAttack") && !named[name] {
				t.Errorf("%s of %s is not in the table", name, dir)
			}
		}
	}
}

var test = regexp.MustCompile(`(?m)^func (Test\w+)\(\w+ \*testing\.T\)`)

// testsIn are the tests of a package.
func testsIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(module, filepath.FromSlash(dir), "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files of tests in %s: %v", len(files), dir, err)
	}
	all := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range test.FindAllStringSubmatch(string(text), -1) {
			all[found[1]] = true
		}
	}
	return all
}
