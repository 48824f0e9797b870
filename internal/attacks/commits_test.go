package attacks

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// evil is what an attacker would have merged.
var evil = tree.Change{Path: "dev/evil.yaml", Content: []byte("kind: ClusterRoleBinding\n")}

// unharmed wants that what the attacker wrote is not on main.
func (w *world) unharmed() {
	w.Helper()
	tip, err := w.ana.Head(w.Context(), "main")
	if err != nil {
		w.Fatal(err)
	}
	files, err := w.ana.Tree(w.Context(), tip)
	if err != nil {
		w.Fatal(err)
	}
	if _, there := files.Read(evil.Path); there {
		w.Errorf("%s is on main", evil.Path)
	}
}

// The commit that somebody agreed to is replaced by another one before it is merged.
func TestAttackTimeOfCheckTimeOfUse(t *testing.T) {
	t.Run("a push after the word", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			mallory := w.as("mallory", "write")
			m := w.ready()
			w.say(w.ana, m.Number, promote)
			w.commit(mallory, m.Source, evil)
			w.holds(m.Number, "a commit that nobody agreed to was merged")
			// Nor is a new word of ana's for what is not the plan.
			w.pass(time.Second)
			w.say(w.ana, m.Number, promote)
			w.holds(m.Number, "what is not the plan was merged")
			w.unharmed()
		})
	})
	t.Run("a push after the word, and back", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			mallory := w.as("mallory", "write")
			m := w.ready()
			w.pass(time.Second)
			w.say(w.ana, m.Number, promote)
			w.pass(time.Second)
			w.commit(mallory, m.Source, evil)
			w.pass(time.Second)
			w.commit(mallory, m.Source, tree.Change{Path: evil.Path, Delete: true})
			w.holds(m.Number, "a word for an earlier commit was taken for a later one that looks the same")
			w.promoted(m.Number) // it is the plan again, and ana says so of this commit
			w.unharmed()
		})
	})
	t.Run("a push in the moment of the merge", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			mallory := w.as("mallory", "write")
			m := w.ready()
			pushed := 0
			w.conductor = w.conducted(&racing{Forge: w.forge, before: func() {
				if pushed++; pushed == 1 {
					w.commit(mallory, m.Source, evil)
				}
			}})
			w.say(w.ana, m.Number, promote)
			w.holds(m.Number, "a commit that came after the judgement was merged")
			if pushed == 0 {
				t.Error("nobody tried to merge, so nothing was raced")
			}
			w.unharmed()
		})
	})
	t.Run("a word for another commit", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			m := w.ready()
			id := w.say(w.ana, m.Number, promote+" 0123456").ID
			w.holds(m.Number, "a word for another commit was taken for this one")
			if got := w.reactions(m.Number, id); got != "-1" {
				t.Errorf("it is answered with %q, want it void", got)
			}
			w.pass(time.Second)
			w.say(w.ana, m.Number, promote+" "+m.Head[:7])
			w.until("the word for this commit is carried out", func(conductor.Status) bool { return w.get(m.Number).State == forge.Merged })
		})
	})
}

// racing is a forge on which something happens right before a merge.
type racing struct {
	forge.Forge
	before func()
}

func (r *racing) Merge(ctx context.Context, number int, m forge.MergeOptions) (forge.MergeResult, error) {
	r.before()
	return r.Forge.Merge(ctx, number, m)
}

// Whoever may push could hand the bot a configuration that gives them every right.
func TestAttackConfigurationFromTheRepository(t *testing.T) {
	config := tree.Change{Path: "linnet.yaml", Content: []byte("environments: [{path: dev, policy: {merge: auto}}]\ncommands: {promote: {everyone: true}, skip-soak: {users: [mallory]}}\n")}
	t.Run("on main", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			mallory := w.as("mallory", "write")
			w.commit(mallory, "main", config)
			w.pass(10 * time.Minute)
			n := w.ready().Number
			id := w.say(mallory, n, promote).ID
			w.holds(n, "a configuration that lay in the repository was obeyed")
			if got := w.reactions(n, id); got != "-1" {
				t.Errorf("the promotion is answered with %q, want a refusal", got)
			}
			w.promoted(n)
		})
	})
	t.Run("on the branch of the merge request", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			mallory := w.as("mallory", "write")
			m := w.ready()
			w.commit(mallory, m.Source, config)
			w.pass(time.Second)
			w.say(mallory, m.Number, promote)
			w.holds(m.Number, "a configuration that lay on the branch was obeyed")
			w.say(w.ana, m.Number, promote)
			w.holds(m.Number, "a merge request that brings a configuration was merged")
		})
	})
	t.Run("nobody who reads the repository reads configuration", func(t *testing.T) {
		for _, dir := range []string{"pkg/conductor", "pkg/planner", "pkg/gitops", "pkg/checks", "pkg/chatops", "pkg/forge", "pkg/server"} {
			for file, source := range sources(t, dir) {
				if strings.Contains(source, `"github.com/linnet-bot/linnet/pkg/config"`) {
					t.Errorf("%s imports pkg/config", file)
				}
			}
		}
	})
}
