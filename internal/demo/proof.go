package demo

import (
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Proof is promise 1, no trace: what the upgrade has left behind, held against a plain bump.
type Proof struct {
	Changed string // patch from the tree before the upgrade to the tree after it; of one that was taken back, what its files held at the turn
	Trace   string // patch from the in-place bump to the tree after the upgrade; "" when it holds
	Files   int    // files that were compared
	Back    *Turn  // the upgrade was taken back, and Trace is from the tree before it; nil = it went to its end
}

// Prove compares the trees byte for byte.
func (o Outcome) Prove() Proof {
	if o.Turn != nil {
		return Proof{
			Changed: stat(o.Plan.Start, o.Turn.Tree), Trace: tree.Patch(o.Plan.Start, o.Final),
			Files: max(o.Final.Len(), o.Plan.Start.Len()), Back: o.Turn,
		}
	}
	return Proof{
		Changed: tree.Patch(o.Plan.Start, o.Final), Trace: tree.Patch(o.Plan.InPlace, o.Final),
		Files: max(o.Final.Len(), o.Plan.InPlace.Len()),
	}
}

// Holds tells whether the upgrade left nothing but the bump.
func (p Proof) Holds() bool { return p.Trace == "" }

// Text prints the proof.
func (p Proof) Text(release string) string {
	var out strings.Builder
	if p.Back != nil {
		return p.backText()
	}
	fmt.Fprintf(&out, "What the whole upgrade left in the repository:\n\n%s\n", strings.TrimRight(p.Changed, "\n"))
	if p.Holds() {
		fmt.Fprintf(&out, "\nPromise 1, no trace: %d files compared with a plain bump to %s, byte for byte: no difference.\n", p.Files, release)
		return out.String()
	}
	fmt.Fprintf(&out, "\nPromise 1, no trace, is BROKEN. This is left beyond a plain bump to %s:\n\n%s\n", release, p.Trace)
	return out.String()
}

// stat lists the files in which two trees differ.
func stat(before, after tree.Tree) string {
	var out strings.Builder
	for _, f := range tree.Stat(before, after) {
		fmt.Fprintf(&out, "  %s (+%d -%d)\n", f.Path, f.Added, f.Removed)
	}
	return out.String()
}

func (p Proof) backText() string {
	var out strings.Builder
	fmt.Fprintf(&out, "What the upgrade had changed in the repository when it was turned round, after phase %d, %s:\n\n%s\n", p.Back.Phase.Number, p.Back.Phase.Name, p.Changed)
	if p.Holds() {
		fmt.Fprintf(&out, "Promise 1, no trace: %d files compared with the tree before the upgrade, byte for byte: no difference.\n", p.Files)
		return out.String()
	}
	fmt.Fprintf(&out, "Promise 1, no trace, is BROKEN. This is left beyond the tree before the upgrade:\n\n%s\n", p.Trace)
	return out.String()
}
