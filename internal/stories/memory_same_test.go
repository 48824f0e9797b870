package stories

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/local"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// sequences of operations, some dozens each.
const sequences = 12

// TestForgeInMemoryAnswersAsTheOneOnDisk does the same to both, in any order, and compares each answer, and all merge requests after it.
func TestForgeInMemoryAnswersAsTheOneOnDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("what a forge does with goroutines is tested elsewhere")
	}
	done := 0
	for n := range uint64(sequences) {
		seeded(t, *seed+n, func(rt *rapid.T) {
			p := newPair(t, rt)
			defer p.shutdown()
			rt.Repeat(map[string]func(*rapid.T){"next": func(*rapid.T) {
				p.now = p.now.Add(time.Second)
				rapid.SampledFrom(operations).Draw(rt, "operation")(p)
				p.same("all of it", func(f both) (any, error) { return f.Find(ctx, forge.Query{}) })
				done++
			}})
			p.everything()
		})
	}
	t.Logf("%d operations, and they answer the same", done)
}

// both is what people and bots do with either forge.
type both interface {
	forge.Forge
	forge.Reviewer
}

// pair is two forges to which the same is done. Commits have other names in each; those on disk stand for both.
type pair struct {
	*rapid.T
	memory *memory
	dir    string
	disk   map[string]*local.Forge // by user
	now    time.Time
	onDisk map[string]string // names of commits in memory to those on disk
	shas   []string          // names in memory, the oldest first
	log    []string
}

var users = []string{bot, "ana", "ben"}

func newPair(t *testing.T, rt *rapid.T) *pair {
	p := &pair{T: rt, dir: filepath.Join(t.TempDir(), "forge"), disk: map[string]*local.Forge{}, now: begin, onDisk: map[string]string{}}
	clock := func() time.Time { return p.now }
	settings := local.Settings{RequiredApprovals: rapid.IntRange(0, 2).Draw(rt, "approvals")}
	gated := rapid.Bool().Draw(rt, "the gate is required")
	if gated {
		settings.RequiredChecks = []local.RequiredCheck{{Name: conductor.CheckName, By: bot}}
	}
	initial := tree.New(map[string][]byte{"a": []byte("1\n2\n3\n4\n5\n6\n7\n8\n"), "dev/b": []byte("b\n")})
	p.must(local.Create(p.dir, local.CreateOptions{Initial: initial, Settings: settings, Now: clock}))
	for _, who := range users {
		f, err := local.Open(p.dir, who, local.WithClock(clock))
		p.must(err)
		p.disk[who] = f
	}
	p.memory = newMemory(initial, clock)
	p.memory.approved, p.memory.gated = settings.RequiredApprovals, gated
	head, err := p.disk[bot].Head(ctx, "main")
	p.must(err)
	p.learn(p.memory.branches["main"], head)
	return p
}

func (p *pair) shutdown() {
	for _, f := range p.disk {
		_ = f.Shutdown()
	}
}

func (p *pair) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// learn notes that two commits are the same one.
func (p *pair) learn(memory, disk string) {
	if _, known := p.onDisk[memory]; !known && memory != "" {
		p.onDisk[memory] = disk
		p.shas = append(p.shas, memory)
	}
}

// asks does one thing as a user to both and compares the answers. do is given the forge, and how that one calls a commit.
func (p *pair) asks(who, what string, do func(f both, sha func(string) string) (any, error)) {
	p.Helper()
	inMemory, errMemory := do(p.memory.as(who), func(sha string) string { return sha })
	disk, errDisk := do(p.disk[who], p.translate)
	p.log = append(p.log, fmt.Sprintf("%s: %s (%v)", who, what, errDisk))
	made, isMade := inMemory.(string)
	if result, ok := inMemory.(forge.MergeResult); ok && errMemory == nil && errDisk == nil {
		p.learn(result.SHA, disk.(forge.MergeResult).SHA)
	} else if isMade && len(made) == 40 && errMemory == nil && errDisk == nil {
		p.learn(made, disk.(string))
	}
	got, want := p.told(inMemory, errMemory), answered(disk, errDisk)
	if got != want {
		p.Fatalf("%s\n\nin memory: %s (%v)\non disk:   %s (%v)", strings.Join(p.log, "\n"), got, errMemory, want, errDisk)
	}
}

// same is a question whose answer is compared, and that nobody remembers.
func (p *pair) same(what string, do func(f both) (any, error)) {
	p.Helper()
	p.asks(bot, what, func(f both, _ func(string) string) (any, error) { return do(f) })
	p.log = p.log[:len(p.log)-1]
}

func (p *pair) translate(sha string) string {
	if on, known := p.onDisk[sha]; known {
		return on
	}
	return sha
}

// told is an answer as text, in the names on disk.
func (p *pair) told(answer any, err error) string {
	text := answered(answer, err)
	for memory, disk := range p.onDisk {
		text = strings.ReplaceAll(text, memory, disk)
	}
	return text
}

var kinds = []error{
	forge.ErrNotFound, forge.ErrForbidden, forge.ErrBranchExists, forge.ErrBranchInUse, forge.ErrHeadMoved, forge.ErrNoChange, forge.ErrChangeRefused,
	forge.ErrAlreadyOpen, forge.ErrAlreadyMerged, forge.ErrNotMergeable,
}

// answered is an answer as text: an error by its kind and what its type holds, files by what is in them.
func answered(answer any, err error) string {
	if err != nil {
		text := "an error"
		for _, kind := range kinds {
			if errors.Is(err, kind) {
				text = kind.Error()
			}
		}
		var moved *forge.HeadMovedError
		var open *forge.AlreadyOpenError
		var merged *forge.AlreadyMergedError
		var refused *forge.NotMergeableError
		for _, typed := range []any{&moved, &open, &merged, &refused} {
			if errors.As(err, typed) {
				text += asJSON(typed)
			}
		}
		return text
	}
	switch answer := answer.(type) {
	case tree.Tree:
		return contents(answer)
	case forge.Preview:
		return answer.Head + " into " + answer.Target + contents(answer.Tree)
	}
	text := asJSON(answer)
	return strings.NewReplacer("null", "[]").Replace(text)
}

func contents(t tree.Tree) string {
	var text strings.Builder
	for _, name := range t.Paths() {
		content, _ := t.Read(name)
		fmt.Fprintf(&text, " %s %q", name, content)
	}
	return text.String()
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// everything compares all that can be read.
func (p *pair) everything() {
	p.same("branches", func(f both) (any, error) { return f.Branches(ctx, "") })
	for _, r := range p.memory.requests {
		p.same("request", func(f both) (any, error) { return f.Get(ctx, r.Number) })
		p.same("comments", func(f both) (any, error) { return f.Comments(ctx, r.Number) })
	}
	for _, sha := range p.shas[1:] { // who made the first one is not compared
		for _, ask := range []func(both, string) (any, error){
			func(f both, sha string) (any, error) { return f.Tree(ctx, sha) },
			func(f both, sha string) (any, error) { return f.ReadCommit(ctx, sha) },
			func(f both, sha string) (any, error) { return f.Checks(ctx, sha) },
			func(f both, sha string) (any, error) { return f.FirstParent(ctx, sha) },
		} {
			p.asks(bot, "reads a commit", func(f both, name func(string) string) (any, error) { return ask(f, name(sha)) })
			p.log = p.log[:len(p.log)-1]
		}
	}
}

// git does what people do with git: no forge is asked.
func (p *pair) git(branch, sha string) {
	file := filepath.Join(p.dir, "repo.git", "refs", "heads", filepath.FromSlash(branch))
	if sha == "" {
		p.log = append(p.log, "git deletes "+branch)
		delete(p.memory.branches, branch)
		p.must(os.Remove(file))
		return
	}
	p.log = append(p.log, fmt.Sprintf("git pushes %.8s to %s", p.translate(sha), branch))
	p.memory.branches[branch] = sha
	p.must(os.WriteFile(file, []byte(p.translate(sha)+"\n"), 0o644))
}
