package forge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Pulser is a forge that tells for a conditional request and one of Git's own, however large the project is, that nothing has happened. A forge that is read for nothing
// does not implement it.
type Pulser interface {
	// Pulse gives a mark that says nothing by itself and is to be compared with another one of the same target, also one that another process was given: an
	// equal one says that nothing has happened in between that it can see. Ask for it before the things themselves are read, so that what happens meanwhile changes
	// the next one.
	//
	// It changes when a merge request into target is opened, closed, merged, changed (its texts, labels, reviewers, draft and target included), pushed to or approved, when
	// somebody comments on one, and when a branch is created, moved or deleted, whoever does it, the bot itself included. It may change although nothing has
	// happened, and does so a while after something has: forges tell times in large steps, in which something else may have hidden.
	//
	// It does not see reactions, checks, pipelines and votes outside of the forge's approvals, rules of branches, settings, roles and members. Whether it sees that
	// a comment is edited or deleted, and that an approval is taken back, is told by each vendor. So a mark that stays says that there is no hurry to look, and
	// not that there is nothing to see: whoever relies on it reads everything again after some time, and always before doing what cannot be undone.
	Pulse(ctx context.Context, target string) (string, error)
}

// Mark is a mark for Pulse: equal for what reads the same as JSON.
func Mark(seen any) (string, error) {
	text, err := json.Marshal(seen)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
