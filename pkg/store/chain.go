package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Chain is what verifying found.
type Chain struct {
	Rows   int64     `json:"rows"`
	Head   string    `json:"head"`   // hash of the last row; it stands for all of them
	Sealed int64     `json:"sealed"` // rows that carry a seal
	Proved bool      `json:"proved"` // a key was given, and every seal is genuine
	First  time.Time `json:"first,omitzero"`
	Last   time.Time `json:"last,omitzero"`
}

// BrokenError names the first row that is not as it was written.
type BrokenError struct {
	Row    int64 // seq that the row has, or should have
	Reason string
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("audit row %d is broken: %s", e.Row, e.Reason)
}

// row is one link as it is stored and exported.
type row struct{ entry, hash, seal string }

func hashOf(entry string) string {
	sum := sha256.Sum256([]byte(entry))
	return hex.EncodeToString(sum[:])
}

// sealOf is "" without a key. The key may have any length; the words keep this use of it apart from others.
func sealOf(key []byte, hash string) string {
	if key == nil {
		return ""
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("linnet:audit v1\x00" + hash))
	return hex.EncodeToString(mac.Sum(nil))
}

// verifier takes rows in order.
type verifier struct {
	key   []byte
	head  string // that must be met
	met   bool
	chain Chain
}

func (v *verifier) next(r row) error {
	want := v.chain.Rows + 1
	broken := func(format string, args ...any) error {
		return &BrokenError{Row: want, Reason: fmt.Sprintf(format, args...)}
	}
	e, err := decodeEntry(r.entry)
	if err != nil {
		return broken("its entry cannot be read: %v", err)
	}
	switch text, err := e.canonical(); {
	case e.Seq != want:
		return broken("row %d stands in its place", e.Seq)
	case err != nil || text != r.entry:
		return broken("its entry is not in the form in which entries are written")
	case hashOf(r.entry) != r.hash:
		return broken("its entry was changed: the hash is that of another")
	case e.Prev != v.chain.Head:
		return broken("it does not follow from row %d: that one was changed, or one between them is gone", want-1)
	case r.seal == "" && v.chain.Sealed > 0:
		return broken("it is not sealed, and rows before it are")
	case r.seal != "" && v.key != nil && !hmac.Equal([]byte(r.seal), []byte(sealOf(v.key, r.hash))):
		return broken("its seal was not made with this key")
	}
	v.chain.Rows, v.chain.Head, v.chain.Last = want, r.hash, e.At
	if want == 1 {
		v.chain.First = e.At
	}
	if r.seal != "" {
		v.chain.Sealed++
	}
	v.met = v.met || r.hash == v.head
	return nil
}

// errHeadMissing tells that rows were taken off the end, or that this is another history.
var errHeadMissing = errors.New("no row has the hash that was noted down: rows were taken off the end, or this is another history")

// end gives what was found. The last seal vouches for all rows before it, so with a key there must be one.
func (v *verifier) end() (Chain, error) {
	if v.key != nil && v.chain.Rows > 0 && v.chain.Sealed == 0 {
		return v.chain, &BrokenError{Row: v.chain.Rows, Reason: "a key was given, but no row is sealed"}
	}
	if v.head != "" && !v.met {
		return v.chain, errHeadMissing
	}
	v.chain.Proved = v.key != nil && v.chain.Rows > 0
	return v.chain, nil
}
