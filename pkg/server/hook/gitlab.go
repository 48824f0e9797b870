package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	// oldest is how far the time of a signature may be from now, in both directions.
	oldest = 5 * time.Minute
	// mostSignatures in one header are compared: a rotation needs two.
	mostSignatures = 8
)

// NewGitLab receives the webhooks of a project or a group. Token is the webhook's secret token, which GitLab sends as it is; signing is its signing
// token ("whsec_…", Standard Webhooks). One of them may be nil; it fails without both.
//
// A request with a signature is judged by it alone, whatever token it carries; one without is judged by the token. Give no token once every webhook
// signs: then what is not signed is refused.
func NewGitLab(token, signing Secret, o Options) (http.Handler, error) {
	if token == nil && signing == nil {
		return nil, errors.New("cannot receive GitLab's webhooks without a secret; set the secret token or the signing token that the webhook has")
	}
	if token != nil {
		if _, err := good(token); err != nil {
			return nil, err
		}
	}
	if signing != nil {
		if _, err := signingKeys(signing); err != nil {
			return nil, err
		}
	}
	return newHandler(source{
		name:        "gitlab",
		eventHeader: "X-Gitlab-Event",
		claim: func(h http.Header, now time.Time) (*claim, error) {
			if len(h.Values("Webhook-Signature")) > 0 {
				return claimSigned(signing, h, now)
			}
			return claimToken(token, h)
		},
		decoders: gitlabEvents,
	}, o)
}

func claimToken(token Secret, h http.Header) (*claim, error) {
	given := single(h, "X-Gitlab-Token")
	if token == nil || given == "" {
		return nil, nil
	}
	secrets, err := good(token)
	if err != nil {
		return nil, err
	}
	// Hashes have one length, so the time tells nothing about the secret's.
	sum, found := sha256.Sum256([]byte(given)), 0
	for _, secret := range secrets {
		want := sha256.Sum256([]byte(secret))
		found |= subtle.ConstantTimeCompare(sum[:], want[:])
	}
	if found != 1 {
		return nil, nil
	}
	return &claim{delivery: single(h, "Idempotency-Key"), proved: func([]byte) bool { return true }}, nil
}

// signedID has no dot: what is signed is id.time.body, and with dots in the id somebody's comment could pass for the time.
var signedID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

func claimSigned(signing Secret, h http.Header, now time.Time) (*claim, error) {
	id, stamp := single(h, "Webhook-Id"), single(h, "Webhook-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if signing == nil || err != nil || !signedID.MatchString(id) {
		return nil, nil
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > oldest || age < -oldest {
		return nil, nil
	}
	var signatures [][]byte
	for _, text := range strings.Fields(single(h, "Webhook-Signature")) {
		version, text, _ := strings.Cut(text, ",")
		signature, err := base64.StdEncoding.DecodeString(text)
		if version == "v1" && err == nil && len(signature) == sha256.Size && len(signatures) < mostSignatures {
			signatures = append(signatures, signature)
		}
	}
	if len(signatures) == 0 {
		return nil, nil
	}
	keys, err := signingKeys(signing)
	if err != nil {
		return nil, err
	}
	return &claim{
		delivery: id,
		proved: func(body []byte) bool {
			found := false
			for _, key := range keys {
				mac := hmac.New(sha256.New, key)
				mac.Write([]byte(id + "." + stamp + "."))
				mac.Write(body)
				sum := mac.Sum(nil)
				for _, signature := range signatures {
					if hmac.Equal(sum, signature) {
						found = true
					}
				}
			}
			return found
		},
	}, nil
}
