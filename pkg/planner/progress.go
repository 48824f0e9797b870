package planner

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// progress finds the phase whose tree the given one is. Everything must be as that phase leaves it but the contents of sealed files: those follow
// from the whole repository, so another commit may have changed what they ought to hold. Then the next phase writes them anew.
func (b *builder) progress(p *Plan, t tree.Tree) error {
	if t.Equal(p.Start) {
		return nil
	}
	for i := len(p.Phases) - 1; i >= 0; i-- {
		if !b.shapedLike(t, p.Phases[i].After) {
			continue
		}
		p.Done = i + 1
		for _, c := range t.Changes(p.Phases[i].After) {
			content, _ := t.Read(c.Path)
			if !sealed(content) {
				return b.editedByHand(c.Path, p.Phases[i].Name)
			}
			p.Stale = append(p.Stale, c.Path)
		}
		if p.Done < len(p.Phases) && len(p.Stale) > 0 {
			next := &p.Phases[p.Done]
			next.Before = t
			next.Diff = tree.Patch(t, next.After)
		}
		return nil
	}
	nearest := p.Phases[0]
	for _, phase := range p.Phases {
		if len(t.Changes(phase.After)) < len(t.Changes(nearest.After)) {
			nearest = phase
		}
	}
	return b.editedByHand(t.Changes(nearest.After)[0].Path, nearest.Name)
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
