package github

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
)

// asksForQueues adds the right to read merge queues to what a token of an App is asked to have: the client library's list of permissions does not
// know it, and a token has only what was asked for. Where nobody gave it to the App GitHub refuses the whole token, so it is then asked for without,
// once for all.
type asksForQueues struct {
	base    http.RoundTripper
	without atomic.Bool
}

// RoundTrip implements http.RoundTripper.
func (a *asksForQueues) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/access_tokens") || r.Body == nil || a.without.Load() {
		return a.base.RoundTrip(r)
	}
	plain, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil {
		return nil, err
	}
	var asked map[string]any
	more := plain
	if err := json.Unmarshal(plain, &asked); err == nil {
		if permissions, ok := asked["permissions"].(map[string]any); ok {
			permissions["merge_queues"] = "read"
			if more, err = json.Marshal(asked); err != nil {
				return nil, err
			}
		}
	}
	answer, err := a.base.RoundTrip(withBody(r, more))
	if err != nil || answer.StatusCode != http.StatusUnprocessableEntity {
		return answer, err
	}
	_ = answer.Body.Close()
	a.without.Store(true)
	return a.base.RoundTrip(withBody(r, plain))
}

func withBody(r *http.Request, body []byte) *http.Request {
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return r
}
