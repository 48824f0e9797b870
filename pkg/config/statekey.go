package config

import (
	"bytes"
	"fmt"
	"os"
)

// minStateKey is the least length of a state key, in bytes.
const minStateKey = 16

// StateKey reads the state key from the file or the variable that names it;
// nil where neither does. White space around it does not count.
func (c Config) StateKey(getenv func(string) string) ([]byte, error) {
	var key []byte
	var where string
	switch {
	case c.StateKeyFile != "":
		var err error
		if key, err = os.ReadFile(c.StateKeyFile); err != nil {
			return nil, fmt.Errorf("read the state key: %w", err)
		}
		where = "the file " + c.StateKeyFile
	case c.StateKeyEnv != "":
		key = []byte(getenv(c.StateKeyEnv))
		where = "the environment variable " + c.StateKeyEnv
	default:
		return nil, nil
	}
	if key = bytes.TrimSpace(key); len(key) < minStateKey {
		return nil, fmt.Errorf("read the state key from %s: it has %d bytes, but a key has at least %d; make one with: openssl rand -hex 32", where, len(key), minStateKey)
	}
	return key, nil
}
