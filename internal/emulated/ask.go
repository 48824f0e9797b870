package emulated

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// refused is an answer of emulate that is none of 2xx.
type refused struct {
	what   string
	status int
	said   string
}

func (e *refused) Error() string {
	return fmt.Sprintf("emulate answers %s with %d: %s", e.what, e.status, e.said)
}

// ask asks emulate itself. in and out are JSON; nil is none.
func (h *Host) ask(ctx context.Context, token, method, at string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, h.at.String()+at, body)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if h.now != nil {
		r.Header.Set("X-Now", strconv.FormatInt(h.now().UnixMilli(), 10))
	}
	answer, err := h.proxy.Transport.RoundTrip(r)
	if err != nil {
		return fmt.Errorf("ask emulate: %s %s: %w", method, at, err)
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("ask emulate: %s %s: %w", method, at, err)
	}
	if answer.StatusCode/100 != 2 {
		return &refused{method + " " + at, answer.StatusCode, string(b)}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("read emulate's answer to %s %s: %w", method, at, err)
	}
	return nil
}
