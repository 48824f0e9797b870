package attacks

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// nasty are texts that a forge would obey, or that would break out of where they are shown.
var nasty = []string{
	"@everyone", "hi @ana", "\n/approve\n", "\n/close\n", "\n/merge\n", "\n@ana\n", "```\n/approve\n@ana\n```", "````\n/close", "~~~\n/close", "`@ana`", "``` @ana",
	"](https://evil.example)", "![x](https://evil.example/x.png)", "<img src=https://evil.example/x.png>", "<!-- linnet:note progress -->", "--> @ana",
	"</code></pre>\n/close", "</details>\n\n/close", "\r/close\r", "\u2028/close", "#1 !1 &1", "| a | b |\n|--|--|\n/close", "time=2026-01-01T00:00:00Z level=INFO msg=\"all is well\"",
	"\x1b[2J\x1b[1;1Hall is well", "\nlevel=INFO msg=forged",
}

// The cluster, the repository and people call things as they like, and the bot tells of them.
func TestAttackMarkdownAndLogInjection(t *testing.T) {
	t.Run("names and messages of the cluster", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			w.spoil = func(o *checks.Observation) {
				red(o)
				o.Flux.HelmReleases = slices.Clone(o.Flux.HelmReleases)
				for i, text := range nasty {
					if i < len(o.Pods) {
						o.Pods[i].Name += text
					}
				}
				for i := range o.Flux.HelmReleases {
					h := &o.Flux.HelmReleases[i]
					h.Ready = checks.Condition{Status: "False", Reason: nasty[i%len(nasty)], Message: strings.Join(nasty, "\n")}
					h.Remediated = checks.Condition{Status: "True", Reason: nasty[i%len(nasty)], Message: strings.Join(nasty, "\n")}
				}
			}
			n := w.until("it is open", func(s conductor.Status) bool { return s.Request > 0 }).Request
			for _, verb := range []string{"status", "explain", "stragglers", "plan", "retry", "explain nothing-like-it"} {
				w.say(w.ana, n, "/canary "+verb)
			}
			w.look()
			w.pass(time.Minute)
			w.look()
			w.harmless(n)
		})
	})
	t.Run("an observer that fails", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			w.conductor = w.conducted(w.conductor.Forge, func(s *conductor.Settings) { s.Observer = failing(strings.Join(nasty, " ")) })
			n := w.until("it is open", func(s conductor.Status) bool { return s.Request > 0 }).Request
			w.look()
			w.harmless(n)
		})
	})
	t.Run("what people write", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			n := w.ready().Number
			for _, text := range nasty {
				text = strings.ReplaceAll(text, "\n", " ")
				for _, command := range []string{"accept monitoring/grafana ", "explain ", "skip-soak ", "rollback ", "", "help "} {
					if _, err := w.ana.AddComment(t.Context(), n, "/canary "+command+text); err != nil {
						continue // the forge does not let it through
					}
				}
			}
			w.look()
			w.look()
			w.harmless(n)
		})
	})
	t.Run("values of the repository", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			m := w.ready()
			w.commit(w.ana, "main", tree.Change{Path: "dev/kustomization.yaml", Content: []byte("resources: [../base, \"" + strings.Join(nasty[:12], "\\n") + "\"]\n# @ana\n")})
			w.look()
			w.harmless(m.Number)
		})
	})
	t.Run("a branch that bears the name", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			mallory := w.as("mallory", "write")
			m := w.ready()
			head, err := mallory.Head(t.Context(), m.Source)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := mallory.Commit(t.Context(), forge.NewCommit{Branch: m.Source, Parent: head, Message: strings.Join(nasty, "\n") + "\n", Changes: []tree.Change{evil}}); err != nil {
				t.Fatal(err)
			}
			w.look()
			w.harmless(m.Number)
		})
	})
}

type failing string

func (f failing) Observe(context.Context) (*checks.Observation, error) {
	return nil, fmt.Errorf("cannot see: %s", string(f))
}

var (
	fenced  = regexp.MustCompile("(?ms)^(`{3,}|~{3,})[^\n]*\n.*?^(`{3,}|~{3,}) *$\n?")
	fence   = regexp.MustCompile("(?m)^[ \t>]*(`{3}|~{3})")
	coded   = regexp.MustCompile("`+[^`\n]*`+")
	remarks = regexp.MustCompile(`(?s)<!--.*?-->`)
	mention = regexp.MustCompile(`(^|[^\w/])@\w`)
	command = regexp.MustCompile(`(?m)^[ \t>]*/[a-z]`)
	raw     = regexp.MustCompile(`(?i)<(img|a|script|iframe|/code|/pre|/details)\b`)
	foreign = regexp.MustCompile(`\]\(https?://evil`)
)

// harmless wants that nothing that the bot wrote is a command, a mention, a link of another's or a block that it does not end; and that what was to be done
// in its name was not done.
func (w *world) harmless(number int) {
	w.Helper()
	me, err := w.forge.Me(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	m := w.get(number)
	texts := map[string]string{"the title": m.Title, "the description": m.Description}
	for _, c := range w.comments(number) {
		if c.By.ID == me.ID {
			texts[fmt.Sprint("comment ", c.ID)] = c.Body
		}
	}
	said, err := w.ana.Checks(w.Context(), m.Head)
	if err != nil {
		w.Fatal(err)
	}
	for _, c := range said {
		texts["the check's summary"] = c.Summary
		if strings.ContainsFunc(c.Title, unicode.IsControl) { // no forge reads Markdown in it
			w.Errorf("the check's title is more than a line: %q", c.Title)
		}
	}
	if len(texts) < 3 {
		w.Errorf("the bot wrote only %d texts", len(texts))
	}
	for where, text := range texts {
		text = strings.ReplaceAll(text, "\r", "\n")
		prose := coded.ReplaceAllString(remarks.ReplaceAllString(fenced.ReplaceAllString(text, ""), ""), "")
		for what, shape := range map[string]*regexp.Regexp{"a mention": mention, "a command": command, "raw HTML": raw, "a link of somebody else's": foreign} {
			if found := shape.FindString(prose); found != "" {
				w.Errorf("%s holds %s, %q:\n%s", where, what, found, text)
			}
		}
		if fence.MatchString(prose) {
			w.Errorf("%s has a block that does not end:\n%s", where, text)
		}
		if strings.Count(text, "<!-- linnet:note progress -->") > 1 {
			w.Errorf("%s bears the bot's mark twice:\n%s", where, text)
		}
	}
	if m.State != forge.Open || m.Draft || len(m.Approvals.Given) > 0 {
		w.Errorf("!%d is %s, draft %v, with %d approvals: something was obeyed", number, m.State, m.Draft, len(m.Approvals.Given))
	}
	for line := range strings.Lines(w.log.String()) {
		if !strings.HasPrefix(line, "time=20") || strings.Contains(line, "\x1b") || strings.HasPrefix(line, "time=2026-01-01T00:00:00Z") {
			w.Errorf("somebody else wrote a line of the log: %q", line)
		}
	}
}
