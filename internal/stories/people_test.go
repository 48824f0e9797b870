package stories

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// write is a comment below the newest merge request.
func (s *story) write(who, body string) {
	r := s.newest()
	if r == nil {
		return
	}
	c, err := s.forge.as(who).AddComment(ctx, r.Number, body)
	if err != nil {
		s.Fatal(err)
	}
	s.say("%s writes %q below !%d (comment %d)", who, body, r.Number, c.ID)
}

var remarks = []string{
	"/canary promote", "/canary promote", "/canary pause", "/canary resume", "/canary rollback", "/canary rollback", "/canary abort", "/canary skip-soak an outage",
	"/canary status", "/canary stragglers", "/canary explain", "/canary plan", "/canary retry", "/canary help", "/canary promise", "what is /canary?",
}

// remark is anything that anybody may write.
func (s *story) remark() {
	body := rapid.SampledFrom(remarks).Draw(s.T, "remark")
	who := rapid.SampledFrom([]string{"ana", "ana", "ben", "eve"}).Draw(s.T, "who")
	s.write(who, body)
}

// promote is a word for a commit, which is not always the right one.
func (s *story) promote() {
	r := s.open()
	if r == nil {
		s.write("ana", "/canary promote")
		return
	}
	switch rapid.SampledFrom([]string{"plain", "the head", "an older commit"}).Draw(s.T, "promotes") {
	case "the head":
		s.write("ana", "/canary promote "+r.Head[:8])
	case "an older commit":
		s.write("ana", "/canary promote "+s.forge.branches["main"][:8])
	default:
		s.write("ana", "/canary promote")
	}
}

// rewrite edits or deletes what somebody wrote.
func (s *story) rewrite() {
	r := s.newest()
	if r == nil {
		return
	}
	var mine []forge.Comment
	for _, c := range s.forge.comments[r.Number] {
		if c.By.Name != bot {
			mine = append(mine, c)
		}
	}
	if len(mine) == 0 {
		return
	}
	c := rapid.SampledFrom(mine).Draw(s.T, "comment")
	if rapid.Bool().Draw(s.T, "deletes") {
		s.say("%s deletes comment %d (%q)", c.By.Name, c.ID, c.Body)
		s.must(s.forge.as(c.By.Name).DeleteComment(ctx, r.Number, c.ID))
		return
	}
	body := rapid.SampledFrom(remarks).Draw(s.T, "remark")
	s.say("%s makes comment %d (%q) say %q", c.By.Name, c.ID, c.Body, body)
	_, err := s.forge.as(c.By.Name).EditComment(ctx, r.Number, c.ID, body)
	s.must(err)
}

func (s *story) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// push writes to the branch of the open merge request, or takes that back.
func (s *story) push() {
	r := s.open()
	if r == nil {
		return
	}
	const file = "dev/extra.yaml"
	head := s.forge.commits[r.Head]
	change := tree.Change{Path: file, Content: []byte("a: b\n")}
	if _, there := head.files.Read(file); there {
		change = tree.Change{Path: file, Delete: true}
	}
	s.say("ben pushes to %s (%s)", r.Source, map[bool]string{true: "takes his file off again", false: "adds a file"}[change.Delete])
	s.commit("ben", r.Source, []tree.Change{change})
}

// mergeByHand merges what is open, by force or as the forge allows.
func (s *story) mergeByHand() {
	r := s.open()
	if r == nil {
		return
	}
	var err error
	if rapid.Bool().Draw(s.T, "force") {
		if err = s.forge.as("ana").force(r.Number); err == nil {
			s.say("ana merges !%d by force", r.Number)
		}
	} else if _, err = s.forge.as("ana").Merge(ctx, r.Number, forge.MergeOptions{Head: r.Head, Message: "Merge by hand\n"}); err == nil {
		s.say("ana merges !%d by hand", r.Number)
	}
	s.blame()
}

func (s *story) closeIt() {
	if r := s.open(); r != nil {
		s.say("ben closes !%d", r.Number)
		s.must(s.forge.as("ben").Close(ctx, r.Number))
	}
}

// reopen opens any closed one again, where the forge lets it.
func (s *story) reopen() {
	var closed []*request
	for _, r := range s.forge.requests {
		if s.forge.look(r); r.State == forge.Closed {
			closed = append(closed, r)
		}
	}
	if len(closed) == 0 {
		return
	}
	r := rapid.SampledFrom(closed).Draw(s.T, "request")
	if err := s.forge.as("ben").Reopen(ctx, r.Number); err == nil {
		s.say("ben reopens !%d", r.Number)
		s.reopened[r.Number] = true
	}
}

// deleteBranch removes a branch as git push --delete does, whatever is open.
func (s *story) deleteBranch() {
	branches, _ := s.forge.as("ben").Branches(ctx, "linnet/")
	if len(branches) == 0 {
		return
	}
	b := rapid.SampledFrom(branches).Draw(s.T, "branch")
	s.say("ben deletes branch %s", b.Name)
	delete(s.forge.branches, b.Name)
}

// ownBranch takes the name of a branch that the bot will want.
func (s *story) ownBranch() {
	plan, err := planOf(s.files())
	if err != nil || plan.Done+1 >= len(plan.Phases) {
		return
	}
	next := plan.Phases[plan.Done+1]
	name := fmt.Sprintf("linnet/%s/%s/1-%02d-%s", environment, to, next.Number, next.Name)
	if _, there := s.forge.branches[name]; there {
		return
	}
	s.say("ben makes a branch %s of his own", name)
	_, err = s.forge.as("ben").Commit(ctx, forge.NewCommit{
		Branch: name, Create: true, Parent: s.forge.branches["main"], Message: "Mine\n", Changes: []tree.Change{{Path: "dev/mine.yaml", Content: []byte("a: b\n")}},
	})
	s.must(err)
}

const audit = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: audit\n  labels:\n    istio-injection: enabled\n"

// editMain commits something else to the target, and takes it back when it is there already.
func (s *story) editMain() {
	what := rapid.SampledFrom([]string{"harmless", "harmless", "changes the waves", "conflicts"}).Draw(s.T, "edit")
	s.say("ben commits something to main (%s, %s)", what, map[bool]string{true: "taken back", false: "new"}[s.edits[what]])
	s.commit("ben", "main", edit(s.files(), what, s.edits[what]))
	s.edits[what] = !s.edits[what]
	if what != "harmless" {
		s.blame()
	}
}

// edit is a change of the files, or what takes it back.
func edit(files tree.Tree, what string, back bool) []tree.Change {
	switch what {
	case "harmless":
		return []tree.Change{{Path: "README.md", Content: []byte("Hello\n"), Delete: back}}
	case "changes the waves":
		const list = "dev/mission/kustomization.yaml"
		content, _ := files.Read(list)
		text := strings.ReplaceAll(string(content), "- audit.yaml\n", "")
		if !back {
			text += "- audit.yaml\n"
		}
		return []tree.Change{{Path: "dev/mission/audit.yaml", Content: []byte(audit), Delete: back}, {Path: list, Content: []byte(text)}}
	default:
		const overlay, patch = "dev/kustomization.yaml", "- patch: |-\n    apiVersion: helm.toolkit.fluxcd.io/v2\n    kind: HelmRelease\n    metadata:\n      name: bigbang\n    spec:\n      timeout: 11m\n"
		content, _ := files.Read(overlay)
		text := string(content)
		if back {
			text = strings.Replace(text, patch, "", 1)
		} else {
			text = withPatch(text, patch)
		}
		return []tree.Change{{Path: overlay, Content: []byte(text)}}
	}
}

// withPatch adds a patch of the customer's own, before those of the upgrade.
func withPatch(text, patch string) string {
	if at := strings.Index(text, "- path: istio-canary/"); at >= 0 {
		return text[:at] + patch + text[at:]
	}
	end := len(strings.TrimRight(text, "\n")) + 1
	return text[:end] + patch + text[end:]
}

// editCanary changes a file that is the bot's.
func (s *story) editCanary() {
	const file = "dev/istio-canary/bigbang-values.yaml"
	was, there := s.files().Read(file)
	if !there || s.hands("the canary folder") {
		return
	}
	s.say("ben edits %s", file)
	s.commit("ben", "main", []tree.Change{{Path: file, Content: append(slices.Clone(was), "# mine\n"...)}})
	s.blame()
	s.undo = append(s.undo, hand{"the canary folder", func() {
		if is, there := s.files().Read(file); there && strings.HasSuffix(string(is), "# mine\n") {
			s.say("ben takes his edit of %s back", file)
			s.commit("ben", "main", []tree.Change{{Path: file, Content: []byte(strings.TrimSuffix(string(is), "# mine\n"))}})
		}
	}})
}

func (s *story) hands(name string) bool {
	return slices.ContainsFunc(s.undo, func(h hand) bool { return h.name == name })
}

// revert takes the last merge on main back in Git, or brings it back.
func (s *story) revert() {
	if s.hands("a revert") {
		s.putRight("a revert")
		return
	}
	tip := s.forge.commits[s.forge.branches["main"]]
	if len(tip.Parents) != 2 {
		return // the last that came was no merge
	}
	before := s.forge.commits[tip.Parents[0]].files
	s.say("ben reverts the last merge on main")
	s.commit("ben", "main", tip.files.Changes(before))
	s.blame()
	reverted := s.forge.branches["main"]
	s.undo = append(s.undo, hand{"a revert", func() {
		if s.forge.branches["main"] != reverted && !s.files().Equal(s.forge.commits[reverted].files) {
			return // somebody went on from there
		}
		s.say("ben reverts his revert")
		s.commit("ben", "main", s.files().Changes(tip.files))
		s.blame()
	}})
}

// putRight does what a person owes, all of it where name is "".
func (s *story) putRight(name string) {
	for _, h := range slices.Backward(s.undo) {
		if name == "" || h.name == name {
			h.do()
		}
	}
	s.undo = slices.DeleteFunc(s.undo, func(h hand) bool { return name == "" || h.name == name })
}

// pushPhase brings the next phase without a merge request.
func (s *story) pushPhase() {
	plan, err := planOf(s.files())
	if err != nil || plan.Done >= len(plan.Phases)-1 || plan.Phases[plan.Done].Kind == planner.Cleanup {
		return
	}
	s.say("ana pushes phase %d, %s, to main", plan.Done+1, plan.Phases[plan.Done].Name)
	s.commit("ana", "main", s.files().Changes(plan.Phases[plan.Done].After))
	s.blame()
}

// role takes ana's role away, or gives it back.
func (s *story) role() {
	s.roles["ana"] = chatops.Maintainer + chatops.Developer - s.roles["ana"]
	s.say("ana is %s now", s.roles["ana"])
}
