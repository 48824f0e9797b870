package github

import (
	"crypto/sha256"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// written is what is known of a comment of this user's: below which pull request it is, which never changes, and the sum of what it said when it was read or
// written last.
type written struct {
	number int
	sum    [sha256.Size]byte
}

// remember keeps what a comment of this user's says.
func (f *Forge) remember(number int, c forge.Comment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mine[c.ID] = written{number, sha256.Sum256([]byte(c.Body))}
}

// differs is whether a comment is known to be this user's and to say something else, so that it need not be read before it is edited. Where somebody has made it say
// just that meanwhile, it is said once more.
func (f *Forge) differs(number int, id int64, body string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	known, ok := f.mine[id]
	return ok && known.number == number && known.sum != sha256.Sum256([]byte(body))
}
