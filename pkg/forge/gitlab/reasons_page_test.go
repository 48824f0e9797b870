package gitlab

import (
	"os"
	"strings"
	"testing"
	"unicode"
)

// The page that people look into has each word of GitLab's with what is said of it.
func TestTroubleshootingIsInStep(t *testing.T) {
	const file = "../../../docs/troubleshooting.md"
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for word, reason := range statuses {
		shown := []rune(reason.Text)
		shown[0] = unicode.ToUpper(shown[0])
		found := false
		for line := range strings.Lines(string(page)) {
			found = found || strings.Contains(line, "`"+word+"`") && strings.Contains(line, "*"+string(shown)+".*")
		}
		if !found {
			t.Errorf("%s has no line with `%s` and *%s.*", file, word, string(shown))
		}
	}
}
