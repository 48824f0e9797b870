package planner

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// standing is a tree of the upgrade, and how many phases are in it.
type standing struct {
	done int
	name string // of the phase that leaves it
	tree tree.Tree
	back *step // that was taken back, where that leaves another tree than there was before it
}

// standings are the trees that an upgrade can be found at: after each phase, and, where these differ, after a phase was taken back.
func (b *builder) standings(p *Plan) ([]standing, error) {
	var found []standing
	for i := len(p.Phases) - 1; i >= 0; i-- {
		found = append(found, standing{i + 1, p.Phases[i].Name, p.Phases[i].After, nil})
	}
	all := steps(b.course)
	for i, s := range all {
		if s.kind != Gateway && s.kind != HomeGateway {
			continue
		}
		t, err := b.at(backState(all, i))
		if err != nil {
			return nil, err
		}
		if !t.Equal(p.Phases[i].Before) {
			found = append(found, standing{i, "back-" + s.name, t, &s})
		}
	}
	return found, nil
}

// progress finds the standing of the given tree. Everything must be as it was left but the contents of sealed files: those follow from the whole
// repository, so another commit may have changed what they ought to hold. Then the next phase writes them anew.
func (b *builder) progress(p *Plan, t tree.Tree) error {
	if t.Equal(p.Start) {
		return nil
	}
	standings, err := b.standings(p)
	if err != nil {
		return err
	}
	nearest := standings[0]
	for _, s := range standings {
		if b.shapedLike(t, s.tree) {
			return b.standAt(p, t, s)
		}
		if len(t.Changes(s.tree)) < len(t.Changes(nearest.tree)) {
			nearest = s
		}
	}
	return b.editedByHand(t.Changes(nearest.tree)[0].Path, nearest.name)
}

// standAt makes the next phase start from the tree that is there.
func (b *builder) standAt(p *Plan, t tree.Tree, s standing) error {
	p.Done = s.done
	for _, c := range t.Changes(s.tree) {
		content, _ := t.Read(c.Path)
		if !sealed(content) {
			return b.editedByHand(c.Path, s.name)
		}
		p.Stale = append(p.Stale, c.Path)
	}
	if p.Done < len(p.Phases) && !p.Phases[p.Done].Before.Equal(t) {
		next := &p.Phases[p.Done]
		next.Before = t
		next.Diff = tree.Patch(t, next.After)
	}
	if s.back == nil {
		return nil
	}
	here, err := b.renderTree(t)
	if err != nil {
		return fmt.Errorf("render the tree that is there: %w", err)
	}
	next := &p.Phases[p.Done]
	next.EntryGate = b.againEntry(p.Upgrade, *s.back, here)
	next.Entry = next.EntryGate.Words()
	return nil
}

func (b *builder) editedByHand(file, phase string) error {
	return &Refused{Environment: b.env.ID, Findings: []Finding{{
		Level: Refuse, Check: "edited by hand", Position: gitops.Position{File: file},
		Text: fmt.Sprintf("%s is not as phase %s left it, so somebody edited the upgrade that is under way; restore the file from the commit that merged that phase", file, phase),
	}}}
}

// shapedLike tells whether two trees differ in nothing but the contents of files in the canary folder, and those speak of the same waves and
// gateways.
func (b *builder) shapedLike(t, phase tree.Tree) bool {
	folder := path.Join(b.env.ID, CanaryFolder) + "/"
	for _, c := range t.Changes(phase) {
		was, had := t.Read(c.Path)
		if !strings.HasPrefix(c.Path, folder) || !had || c.Delete || !slices.Equal(headings(was), headings(c.Content)) {
			return false
		}
	}
	return true
}

// headings are the lines of a postrender patch that name what each element moves.
func headings(content []byte) []string {
	var all []string
	for _, line := range strings.Split(string(content), "\n") {
		if strings.HasPrefix(line, headingPrefix) {
			all = append(all, line)
		}
	}
	return all
}
