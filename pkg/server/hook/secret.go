package hook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
)

// Secret gives the secrets that are good now; each of them is accepted, so that one can be replaced by another without losing events. None is an
// error. Errors never hold a secret.
type Secret func() ([]string, error)

// SecretFile gives the secrets in a file, one a line, and notices when it changes. Spaces around them and empty lines do not count. A file that cannot
// be read any more or holds nothing makes every request fail: what was in it may have been taken out for a reason. Tell is called with each new
// secret, for what redacts logs; it may be nil.
func SecretFile(path string, tell func(secret string)) Secret {
	var mu sync.Mutex
	told := map[string]bool{}
	return func() ([]string, error) {
		// The file is small, and no time stamp says for sure that it is the same.
		content, err := os.ReadFile(path)
		if err != nil {
			if p := (*fs.PathError)(nil); errors.As(err, &p) {
				err = p.Err
			}
			return nil, fmt.Errorf("cannot read the webhook secret in %s: %w", path, err)
		}
		var secrets []string
		for line := range strings.Lines(string(content)) {
			if line = strings.TrimSpace(line); line != "" {
				secrets = append(secrets, line)
			}
		}
		if len(secrets) == 0 {
			return nil, fmt.Errorf("cannot take a webhook secret from %s: it is empty; write there the secret that the forge's webhook has", path)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, s := range secrets {
			if tell != nil && !told[s] {
				tell(s)
			}
			told[s] = true
		}
		return secrets, nil
	}
}

// good are the secrets of s without empty ones, which would let anybody in.
func good(s Secret) ([]string, error) {
	secrets, err := s()
	if err != nil {
		return nil, err
	}
	for _, secret := range secrets {
		if secret == "" {
			return nil, errors.New("cannot use an empty webhook secret; set the one that the forge's webhook has")
		}
	}
	if len(secrets) == 0 {
		return nil, errors.New("cannot receive webhooks without a secret; set the one that the forge's webhook has")
	}
	return secrets, nil
}

// signingKeys are the keys behind secrets as GitLab shows them: "whsec_" and base64.
func signingKeys(s Secret) ([][]byte, error) {
	secrets, err := good(s)
	if err != nil {
		return nil, err
	}
	var keys [][]byte
	for _, secret := range secrets {
		text, marked := strings.CutPrefix(secret, "whsec_")
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			key, err = base64.RawStdEncoding.DecodeString(text)
		}
		if !marked || err != nil || len(key) == 0 {
			// The error of base64 says where the text is wrong and nothing is gained by that.
			return nil, errors.New("cannot use the webhook's signing key: it is not whsec_ and base64; copy it from the forge as it is shown")
		}
		keys = append(keys, key)
	}
	return keys, nil
}
