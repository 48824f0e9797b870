package planner_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// repository is a miniature repository that a test changes.
type repository struct {
	t     testing.TB
	files map[string][]byte
}

func gitFlavour(t testing.TB) *repository {
	return &repository{t: t, files: miniature.Repository("git")}
}

// write sets a file.
func (r *repository) write(name, content string) *repository {
	r.files[name] = []byte(content)
	return r
}

// replace replaces text that must be there.
func (r *repository) replace(name, old, with string) *repository {
	r.t.Helper()
	was := string(r.files[name])
	if !strings.Contains(was, old) {
		r.t.Fatalf("%s does not hold %q:\n%s", name, old, was)
	}
	return r.write(name, strings.Replace(was, old, with, 1))
}

// add puts text at the end of a file.
func (r *repository) add(name, text string) *repository {
	return r.write(name, strings.TrimRight(string(r.files[name]), "\n")+"\n"+text)
}

func (r *repository) tree() tree.Tree { return tree.New(r.files) }

func (r *repository) input(material planner.Material) planner.Input {
	return planner.Input{Tree: r.tree(), Environment: "dev", To: "3.19.0", Material: material}
}

// refusal gives the sentences of a plan that must not be made.
func refusal(t testing.TB, in planner.Input) []string {
	t.Helper()
	_, err := planner.Make(in)
	var refused *planner.Refused
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a refusal", err)
	}
	var all []string
	for _, f := range refused.Findings {
		all = append(all, f.String())
	}
	return all
}

// findings gives the sentences of a level of the preflight.
func findings(plan planner.Plan, level planner.Level) string {
	var all []string
	for _, f := range plan.Preflight {
		if f.Level == level {
			all = append(all, f.String())
		}
	}
	return strings.Join(all, "\n")
}

func phaseNamed(t testing.TB, plan planner.Plan, name string) planner.Phase {
	t.Helper()
	var names []string
	for _, p := range plan.Phases {
		if p.Name == name {
			return p
		}
		names = append(names, p.Name)
	}
	t.Fatalf("the plan has no phase %s; it has %s", name, strings.Join(names, ", "))
	return planner.Phase{}
}
