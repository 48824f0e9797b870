package transport

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
)

// Credential is one header.
type Credential struct {
	Header string // "Authorization", "Private-Token"
	Value  string // "Bearer …"
	// Key names whose budget and whose answers these are where the value changes often, as an installation's token does; it is no secret.
	// Without one, each value of Authorization or Private-Token has its own.
	Key string
}

// CredentialFunc gives the credential to use now.
type CredentialFunc func(context.Context) (Credential, error)

// TokenFile gives the token in a file with prefix ("Bearer ", "") before it, and reads the file again when it has changed. Tell is called with
// each new token, for a Redactor; it may be nil.
func TokenFile(path, header, prefix string, tell func(token string)) CredentialFunc {
	var mu sync.Mutex
	var token string
	var seen fs.FileInfo
	return func(context.Context) (Credential, error) {
		mu.Lock()
		defer mu.Unlock()
		// Stat follows the links that a mounted secret consists of.
		now, err := os.Stat(path)
		if err != nil {
			return Credential{}, unreadable(path, err)
		}
		if seen == nil || !os.SameFile(seen, now) || !seen.ModTime().Equal(now.ModTime()) || seen.Size() != now.Size() {
			content, err := os.ReadFile(path)
			if err != nil {
				return Credential{}, unreadable(path, err)
			}
			read := strings.TrimSpace(string(content))
			if read == "" || strings.ContainsFunc(read, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
				return Credential{}, fmt.Errorf("the token file %s does not hold exactly one token", path)
			}
			if token, seen = read, now; tell != nil {
				tell(token)
			}
		}
		return Credential{Header: header, Value: prefix + token}, nil
	}
}

func unreadable(path string, err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("cannot read the token file %s: %w", path, err)
}
