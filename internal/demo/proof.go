package demo

import (
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Proof is promise 1, no trace: what the upgrade has left behind, held against a plain bump.
type Proof struct {
	Changed string // patch from the tree before the upgrade to the tree after it
	Trace   string // patch from the in-place bump to the tree after the upgrade; "" when it holds
	Files   int    // files that were compared
}

// Prove compares the trees byte for byte.
func (o Outcome) Prove() Proof {
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
	fmt.Fprintf(&out, "What the whole upgrade left in the repository:\n\n%s\n", strings.TrimRight(p.Changed, "\n"))
	if p.Holds() {
		fmt.Fprintf(&out, "\nPromise 1, no trace: %d files compared with a plain bump to %s, byte for byte: no difference.\n", p.Files, release)
		return out.String()
	}
	fmt.Fprintf(&out, "\nPromise 1, no trace, is BROKEN. This is left beyond a plain bump to %s:\n\n%s\n", release, p.Trace)
	return out.String()
}
