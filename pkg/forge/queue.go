package forge

import "context"

// MergeQueue is a forge that may put merges in a queue and try each out on a commit of its own before it makes it: a merge queue of GitHub. What the
// trial commit holds is what the target will hold, so required checks are asked for on that commit, too. A forge without one does not implement it.
type MergeQueue interface {
	// MergeGroups lists the trial commits that wait for checks before they become the tip of target, those nearest to it first. It is asked
	// at every look and must not cost anything of a budget where there is no queue.
	MergeGroups(ctx context.Context, target string) ([]MergeGroup, error)
}

// MergeGroup is a commit that the forge makes the tip of the target once its required checks are green.
type MergeGroup struct {
	// Head is the commit to say checks about; its tree is what the target would hold.
	Head string
	// Base is the tip of the target that the group stands on. It is "" where the group stands on no present tip: the forge is about to make it anew, and
	// nothing can be said of it.
	Base string
	// Requests are the merge requests that come in with it, in order. It was made for the last; those before wait in the queue ahead of that.
	Requests []int
}

// Later is a merge that the forge was told to make by itself, when its rules let it.
type Later struct {
	// By told it; the zero User where the forge does not say who.
	By User `json:"by,omitzero"`
	// Queue tells that it waits in a merge queue, and else for the rules of the target alone ("auto-merge").
	Queue bool `json:"queue,omitempty"`
}
