package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"
)

// NewGitHub receives the webhooks of an App, an organisation or a repository, on github.com, GHES and data-residency hosts. It fails without a secret.
// Only X-Hub-Signature-256 counts; the SHA-1 one beside it is not looked at.
func NewGitHub(secret Secret, o Options) (http.Handler, error) {
	if secret == nil {
		return nil, errors.New("cannot receive GitHub's webhooks without a secret; set the one that the webhook has")
	}
	if _, err := good(secret); err != nil {
		return nil, err
	}
	return newHandler(source{
		name:        "github",
		eventHeader: "X-GitHub-Event",
		claim:       func(h http.Header, _ time.Time) (*claim, error) { return claimGitHub(secret, h) },
		decoders:    githubEvents,
	}, o)
}

func claimGitHub(secret Secret, h http.Header) (*claim, error) {
	text, marked := strings.CutPrefix(single(h, "X-Hub-Signature-256"), "sha256=")
	signature, err := hex.DecodeString(text)
	if !marked || err != nil || len(signature) != sha256.Size {
		return nil, nil
	}
	keys, err := good(secret)
	if err != nil {
		return nil, err
	}
	return &claim{
		delivery: single(h, "X-GitHub-Delivery"),
		proved: func(body []byte) bool {
			found := false
			for _, key := range keys {
				mac := hmac.New(sha256.New, []byte(key))
				mac.Write(body)
				if hmac.Equal(mac.Sum(nil), signature) {
					found = true
				}
			}
			return found
		},
	}, nil
}

// single is the header's value, "" when it has none or several: which of them another reader takes is not known.
func single(h http.Header, name string) string {
	if v := h.Values(name); len(v) == 1 {
		return v[0]
	}
	return ""
}
