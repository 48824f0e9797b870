package mirror

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge/transport"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAMirrorReadsThroughTheForgesTransport(t *testing.T) {
	s := newServer(t)
	one := s.commit("one", map[string]string{"a": "1\n"})
	s.push()
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	base := s.client.Transport.(bearer).next
	limit := false
	tr := transport.New(transport.Options{Name: "the forge", Hosts: []string{u.Host}, UserAgent: "linnet/test",
		Credential: func(context.Context) (transport.Credential, error) {
			return transport.Credential{Header: "Authorization", Value: "Bearer right"}, nil
		},
		Base: roundTrip(func(r *http.Request) (*http.Response, error) {
			if limit {
				return &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"60"}}, Body: http.NoBody}, nil
			}
			return base.RoundTrip(r)
		})})
	m := New(Options{URL: s.url, Client: &http.Client{Transport: tr}, Name: "forge.example/acme/gitops"})
	if _, err := m.Tree(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if got := tr.Counts()["git"]; got != (transport.Counts{Git: 2}) { // an advertisement and a pack
		t.Errorf("got %+v", got)
	}
	limit = true
	var limited *transport.LimitedError
	if _, err := m.Head(t.Context(), "main"); !errors.As(err, &limited) || limited.Until.Before(time.Now()) {
		t.Errorf("got %v, want the limit", err)
	}
	if _, err := m.Tree(t.Context(), one); err != nil {
		t.Errorf("what is here needs no forge: %v", err)
	}
}
