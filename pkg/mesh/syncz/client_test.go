package syncz

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/linnet-bot/linnet/pkg/checks"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// bot is a client in istiod's own namespace.
func bot(t testing.TB, ca *authority) *Client {
	t.Helper()
	return asker(t, ca, rootNamespace, "token-of-the-bot")
}

// outsider is one in another.
func outsider(t testing.TB, ca *authority) *Client {
	t.Helper()
	return asker(t, ca, "tools", "token-of-an-outsider")
}

func asker(t testing.TB, ca *authority, namespace, token string) *Client {
	t.Helper()
	c, err := New(Config{
		Namespace: namespace, ServiceAccount: "linnet", Pod: "linnet-0", IP: "10.42.0.9", Roots: ca.pem,
		Token: func() (string, error) { return token, nil }, Now: func() time.Time { return noon },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// mustAsk asks, and fails the test where there is no answer.
func mustAsk(t testing.TB, c *Client, target Target) Answer {
	t.Helper()
	a, err := c.Ask(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var byProxy = cmpopts.SortSlices(func(a, b checks.Connection) bool { return a.Proxy < b.Proxy })

func TestEveryGenerationTellsWhoIsConnected(t *testing.T) {
	ca := newAuthority(t)
	for _, version := range []string{"1.10.3", "1.22.0", "1.28.3", "1.28.7", "1.29.3", "1.30.0"} {
		t.Run(version, func(t *testing.T) {
			i := newIstiod(t, ca, "istiod-7d9c-abcde", version)
			i.change(func(all []*client) []*client {
				all[1].cluster = "remote"
				return append(all, sidecar("gateway-1.istio-gateway", version))
			})
			a := mustAsk(t, bot(t, ca), i.target("default"))
			want := []checks.Connection{
				{Proxy: "gateway-1.istio-gateway", Cluster: "Kubernetes", Version: version, State: checks.Synced},
				{Proxy: "podinfo-6d8f7c9d4b-x2k9p.podinfo", Cluster: "Kubernetes", Version: version, State: checks.Synced},
				{Proxy: "web-0.shop", Cluster: "remote", Version: version, State: checks.Synced},
			}
			if diff := cmp.Diff(want, a.Connections, byProxy, withoutTypes); diff != "" {
				t.Errorf("connections of %s (-want +got):\n%s", version, diff)
			}
			if a.Version != version || !a.At.Equal(noon) || a.Root != ca.fingerprint() || a.Visibility.Sight != Everything {
				t.Errorf("answer of %s = version %q at %s root %s visibility %+v", version, a.Version, a.At, a.Root, a.Visibility)
			}
		})
	}
}

func TestTheCallerSaysWhoItIsAndAsksOverOneConnection(t *testing.T) {
	ca := newAuthority(t)
	i := newIstiod(t, ca, "istiod-0", "1.29.3")
	mustAsk(t, bot(t, ca), i.target("default"))
	asked := i.questions()
	if len(asked) != 2 || asked[0].typeURL != "istio.io/debug/syncz" || asked[1].typeURL != "istio.io/debug" || asked[0].from != asked[1].from {
		t.Fatalf("asked %+v, want syncz and the page over one connection", asked)
	}
	if asked[1].node != nil {
		t.Error("who asks is said twice; istiod looks at the first request only")
	}
	node := asked[0].node
	if got, want := node.GetId(), "sidecar~10.42.0.9~linnet-0.istio-system~istio-system.svc.cluster.local"; got != want {
		t.Errorf("node id = %q, want %q", got, want)
	}
	want := map[string]any{"GENERATOR": "event", "NAMESPACE": "istio-system", "SERVICE_ACCOUNT": "linnet"}
	if diff := cmp.Diff(want, node.GetMetadata().AsMap()); diff != "" {
		t.Errorf("node metadata (-want +got):\n%s", diff)
	}
}

func TestThePageThatIsAskedForIsEmptyUnlessVersionsAreMissing(t *testing.T) {
	ca := newAuthority(t)
	for version, want := range map[string]string{"1.29.3": "syncz?namespace=-", "1.10.3": "syncz"} {
		i := newIstiod(t, ca, "istiod-0", version)
		mustAsk(t, bot(t, ca), i.target("default"))
		if got := i.questions()[1].resources; len(got) != 1 || got[0] != want {
			t.Errorf("istiod %s was asked for page %q, want %q", version, got, want)
		}
	}
}

func TestTheTokenIsReadAnewForEachQuestion(t *testing.T) {
	ca := newAuthority(t)
	i := newIstiod(t, ca, "istiod-0", "1.29.3")
	i.tokens["renewed"] = caller{rootNamespace, "linnet"}
	file := filepath.Join(t.TempDir(), "token")
	c := bot(t, ca)
	c.config.Token = TokenFile(file)
	for _, token := range []string{"token-of-the-bot", "renewed"} {
		if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		mustAsk(t, c, i.target("default"))
		asked := i.questions()
		if got := asked[len(asked)-1].token; got != token {
			t.Errorf("the token shown was %q, want %q", got, token)
		}
	}
}

func TestRevisionsHaveNamesOfTheirOwn(t *testing.T) {
	for revision, want := range map[string]string{
		"": "istiod.istio-system.svc", "default": "istiod.istio-system.svc", "1-29-3": "istiod-1-29-3.istio-system.svc",
	} {
		if got := ServerName(revision, "istio-system"); got != want {
			t.Errorf("ServerName(%q) = %q, want %q", revision, got, want)
		}
	}
}

func TestAnIncompleteConfigurationIsRefused(t *testing.T) {
	ca := newAuthority(t)
	whole := Config{Namespace: "istio-system", ServiceAccount: "linnet", Roots: ca.pem, Token: TokenFile("/none"), Now: time.Now}
	if _, err := New(whole); err != nil {
		t.Fatalf("New with everything: %v", err)
	}
	for name, tt := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no namespace":       {func(c *Config) { c.Namespace = "" }, "namespace and service account"},
		"no service account": {func(c *Config) { c.ServiceAccount = "" }, "namespace and service account"},
		"no token":           {func(c *Config) { c.Token = nil }, "audience istio-ca"},
		"no clock":           {func(c *Config) { c.Now = nil }, "clock"},
		"no roots":           {func(c *Config) { c.Roots = nil }, "istio-ca-root-cert"},
		"roots of nonsense":  {func(c *Config) { c.Roots = []byte("root") }, "istio-ca-root-cert"},
		"no address":         {func(c *Config) { c.IP = "linnet" }, "linnet is no address"},
	} {
		c := whole
		tt.change(&c)
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("New with %s: %v, want an error that says %q", name, err, tt.want)
		}
	}
}

func TestAPodWithoutAnAddressIsNotAsked(t *testing.T) {
	ca := newAuthority(t)
	_, err := bot(t, ca).Ask(context.Background(), Target{Istiod: checks.Istiod{Namespace: "istio-system", Pod: "istiod-0"}})
	if err == nil || err.Error() != "ask istiod istio-system/istiod-0 who is connected: it has no address yet" {
		t.Errorf("Ask: %v", err)
	}
}
