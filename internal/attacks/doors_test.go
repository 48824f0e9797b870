package attacks

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/server/hook"
)

// callers are the files of the program that call something by these names, a function of the package that is imported or, with none, anything.
func callers(t *testing.T, imported string, names ...string) []string {
	t.Helper()
	found := map[string]bool{}
	for _, dir := range []string{"cmd", "pkg"} {
		for file, source := range sources(t, dir) {
			if strings.HasPrefix(file, "pkg/forge/") || strings.HasPrefix(file, "pkg/planner/") {
				continue // they do what they are told to
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			if imported != "" && !slices.ContainsFunc(parsed.Imports, func(i *ast.ImportSpec) bool { return strings.Trim(i.Path.Value, `"`) == imported }) {
				continue
			}
			of := imported[strings.LastIndexByte(imported, '/')+1:]
			ast.Inspect(parsed, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				selector, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || !slices.Contains(names, selector.Sel.Name) {
					return true
				}
				if on, ok := selector.X.(*ast.Ident); imported == "" || ok && on.Name == of {
					found[file] = true
				}
				return true
			})
		}
	}
	var all []string
	for file := range found {
		all = append(all, file)
	}
	slices.Sort(all)
	return all
}

// One of several ways in forgets to ask who comes.
func TestAttackDoorWithoutAuthorisation(t *testing.T) {
	const chatops = "github.com/linnet-bot/linnet/pkg/chatops"
	for what, tc := range map[string]struct {
		imported string
		names    []string
		want     []string
	}{
		"makes a command of words":    {chatops, []string{"Read"}, []string{"pkg/conductor/record.go", "pkg/conductor/remarks.go"}}, // the former to tell history of what was answered
		"asks whether somebody may":   {chatops, []string{"Authorize"}, []string{"pkg/conductor/orders.go"}},
		"asks that in turn":           {"", []string{"may"}, []string{"pkg/conductor/press.go", "pkg/conductor/turn.go"}},
		"decides to merge as the bot": {"", []string{"merge"}, []string{"pkg/conductor/decide.go"}},
		"merges":                      {"", []string{"Merge"}, []string{"cmd/bot/mr_act.go", "pkg/conductor/action.go"}}, // the former as a person, on a local forge
	} {
		if got := callers(t, tc.imported, tc.names...); !slices.Equal(got, tc.want) {
			t.Errorf("what %s is %q, want it in %q and nowhere else: a new way in must ask chatops.Authorize", what, got, tc.want)
		}
	}
	// What a webhook tells to the loop is where to look, and no order.
	hint := reflect.TypeFor[hook.Hint]()
	var fields []string
	for i := range hint.NumField() {
		fields = append(fields, hint.Field(i).Name)
	}
	if want := []string{"Project", "Kind", "Number", "SHA", "CommentID"}; !slices.Equal(fields, want) {
		t.Errorf("a hint holds %q, want %q", fields, want)
	}
	t.Run("the command line is a person on a local forge", func(t *testing.T) {
		for file, source := range sources(t, "cmd/bot") {
			if strings.HasPrefix(file, "cmd/bot/mr") && (strings.Contains(source, "openForge") || strings.Contains(source, "a.conductors")) {
				t.Errorf("%s acts as the bot", file)
			}
		}
	})
	t.Run("a button", func(t *testing.T) {
		w := newWorld(t, onGitHub)
		marker, err := forge.NewMarker([]byte(strings.Repeat("k", forge.MinMarkerKey)))
		if err != nil {
			t.Fatal(err)
		}
		w.conductor = w.conducted(w.conductor.Forge, func(s *conductor.Settings) { s.Marker = &marker })
		m := w.ready()
		press := func(who people, id string) {
			t.Helper()
			me, err := who.Me(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := w.conductor.Press(t.Context(), conductor.Press{By: me, Verb: "promote", SHA: m.Head, Delivery: id}); err != nil {
				t.Fatal(err)
			}
		}
		press(w.as("bo", "write"), "d-1")
		press(w.otherBot(), "d-2")
		w.holds(m.Number, "a button did what a comment may not")
		press(w.ana, "d-3")
		w.until("it is merged on ana's press", func(conductor.Status) bool { return w.get(m.Number).State == forge.Merged })
	})
}

// A bot that approves, or that passes by a rule, makes nothing of what people must agree to.
func TestAttackApprovalByTheBot(t *testing.T) {
	contract := reflect.TypeFor[forge.Forge]()
	for i := range contract.NumMethod() {
		if name := strings.ToLower(contract.Method(i).Name); strings.Contains(name, "approv") || strings.HasPrefix(name, "review") || strings.Contains(name, "bypass") {
			t.Errorf("forge.Forge has a method %s", contract.Method(i).Name)
		}
	}
	reviewers := []string{"cmd/bot/mr_act.go"} // a person, by hand, on a local forge
	if got := callers(t, "", "Approve", "Unapprove"); !slices.Equal(got, reviewers) {
		t.Errorf("approvals are given in %q, want them in %q alone", got, reviewers)
	}
	onBoth(t, func(t *testing.T, w *world) {
		if _, approves := w.conductor.Forge.(forge.Reviewer); approves {
			t.Error("the forge that the conductor has can approve")
		}
		if w.hub != nil {
			rules := w.hub.Rules()
			rules.Approvals = 1
			w.hub.SetRules(rules)
		} else {
			w.lab.Change(func(s *fakegitlab.Settings) { s.RequiredApprovals = 1 })
		}
		n := w.until("the gate is green", func(s conductor.Status) bool { return s.Request > 0 && s.Gate != nil && s.Gate.Green() }).Request
		w.pass(time.Second)
		w.say(w.ana, n, promote)
		w.holds(n, "a word took the place of an approval")
		if note := w.note(n); !strings.Contains(note, "Reviewers: approve") {
			t.Errorf("the note does not tell what is missing:\n%s", note)
		}
		w.front.forget()
		w.look()
		for _, a := range w.front.bots() {
			if strings.Contains(a.uri, "/approve") || strings.Contains(a.uri, "/reviews") && a.method != "GET" || strings.Contains(a.body, "addPullRequestReview") || strings.Contains(a.body, "bypass") {
				t.Errorf("the bot sent %s %s %s", a.method, a.uri, a.body)
			}
		}
		bo := w.as("bo", "maintain")
		if err := bo.Approve(t.Context(), n, w.get(n).Head); err != nil {
			t.Fatal(err)
		}
		w.until("it is merged when a person has approved", func(conductor.Status) bool { return w.get(n).State == forge.Merged })
	})
}
