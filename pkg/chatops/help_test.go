package chatops

import (
	"bufio"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/shareddata"
)

func TestTheTableIsWhole(t *testing.T) {
	seen := map[string]string{}
	for _, v := range Verbs {
		if !strings.HasSuffix(v.Short, ".") || strings.Contains(v.Short, "|") || !strings.HasSuffix(v.Long, ".") {
			t.Errorf("%s: %q and %q are no sentences", v.Name, v.Short, v.Long)
		}
		if len(v.Examples) == 0 {
			t.Errorf("%s has no example", v.Name)
		}
		for _, example := range v.Examples {
			if c, ok, err := Read(Comment{Body: Prefix + " " + example}, "linnet"); !ok || err != nil || c.Verb != v.Name {
				t.Errorf("%s, example %q: got %v, %v, %v", v.Name, example, c, ok, err)
			}
		}
		for _, word := range append([]string{v.Name}, v.Also...) {
			if seen[word] != "" {
				t.Errorf("%q stands for %s and for %s", word, seen[word], v.Name)
			}
			seen[word] = v.Name
		}
	}
}

func TestHelpListsEveryVerbWithWhoMay(t *testing.T) {
	rights := DefaultRights()
	rights[Promote] = Right{Role: Owner, Users: []string{"ana", "x`|\n/y"}}
	text, err := Help("", rights)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| `/canary promote [COMMIT]` | Merge this commit as soon as the gate is green; a later push voids it. | an owner, `ana` or `x/y` |\n",
		"| `/canary status` | Tell what is happening, whether it is healthy, what blocks, who must do what, and when it goes on by itself. | everyone |\n",
		"| `/canary skip-soak REASON…` | Count the soak of this gate as done. | nobody |\n",
		"| `/canary abort` | Close the open merge request and leave everything else as it is. | a maintainer |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("help lacks %q:\n%s", want, text)
		}
	}
	if got, want := strings.Count(text, "\n| `"), len(Verbs); got != want {
		t.Errorf("help has %d rows, want %d", got, want)
	}
}

func TestHelpOfOne(t *testing.T) {
	got, err := Help(Pause, DefaultRights())
	want := "`/canary pause`\n\nMerge nothing and open nothing in this environment until somebody resumes.\n\n" +
		"What has been merged stays, and gates are evaluated and shown as before. A promotion that stands is kept, and carried out no earlier than after `resume`.\n\n" +
		"Who may: a developer.\n\n- `/canary pause`\n"
	if err != nil || got != want {
		t.Errorf("Help\n got %q, %v\nwant %q", got, err, want)
	}
	var m *Misunderstood
	if text, err := Help("stragler", DefaultRights()); text != "" || !errors.As(err, &m) || m.Nearest != Stragglers {
		t.Errorf("Help = %q, %v, want to hear of stragglers", text, err)
	}
}

// GitLab takes a line that begins with one of its own commands out of a comment, the bot's own comments included.
func TestNoForgeActsOnHelp(t *testing.T) {
	rights := Rights{Promote: {Users: []string{"@ana", "<b>"}}}
	for _, topic := range append(Names(), "") {
		text, err := Help(topic, rights)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(text) {
			if strings.HasPrefix(strings.TrimSpace(line), "/") {
				t.Errorf("help %s has a line that begins with a slash: %q", topic, line)
			}
		}
		if outside := regexp.MustCompile("`[^`]*`").ReplaceAllString(text, ""); strings.ContainsAny(outside, "@<>/") {
			t.Errorf("help %s has something outside of code that a forge may act on:\n%s", topic, outside)
		}
	}
}

// The prefix is no command of GitLab's, in any edition; some of the bare verbs are, so that they come from some editions only.
func TestGitLabDoesNotKnowThePrefix(t *testing.T) {
	file, err := os.Open(shareddata.Dir(t) + "/gitlab/quick-actions.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	taken := map[string]bool{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if name, _, ok := strings.Cut(lines.Text(), "\t"); ok && !strings.HasPrefix(name, "#") {
			taken[name] = true
		}
	}
	if taken[strings.TrimPrefix(Prefix, "/")] {
		t.Errorf("GitLab takes %s for itself", Prefix)
	}
	if !taken[Promote] || len(taken) < 90 {
		t.Errorf("the list of GitLab's commands is not read: %d names", len(taken))
	}
	for name := range taken {
		if _, ok, _ := Read(Comment{Body: "/" + name}, "linnet"); ok && name != Promote && name != Status {
			t.Errorf("/%s is read", name)
		}
	}
}
