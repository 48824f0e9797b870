package syncz

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc/codes"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"
)

func TestAFilteredAnswerIsEmptyAndTheProbeTellsSo(t *testing.T) {
	ca := newAuthority(t)
	for _, version := range []string{"1.28.7", "1.29.3", "1.30.0"} {
		i := newIstiod(t, ca, "istiod-0", version)
		a := mustAsk(t, outsider(t, ca), i.target("default"))
		if len(a.Connections) != 0 {
			t.Fatalf("istiod %s told an outsider of %+v; the test plays it wrong", version, a.Connections)
		}
		if a.Visibility.Sight != Filtered || !strings.Contains(a.Visibility.Suspicion(), "not available for current identity") {
			t.Errorf("visibility of %s = %+v, want filtered and istiod's own words", version, a.Visibility)
		}
		want := "istiod " + version + " filters its answer to your namespace: run the bot in istio-system or add its namespace to DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES"
		if got := a.Visibility.Words(i.target("default"), a.Version); got != want {
			t.Errorf("words %q, want %q", got, want)
		}
	}
}

func TestAnAnswerWithProxiesOfTheCallersNamespaceOnlyIsStillFiltered(t *testing.T) {
	ca := newAuthority(t)
	i := newIstiod(t, ca, "istiod-0", "1.29.3")
	i.change(func(all []*client) []*client { return append(all, sidecar("linnet-0.tools", "1.29.3")) })
	a := mustAsk(t, outsider(t, ca), i.target("default"))
	if len(a.Connections) != 1 || a.Visibility.Sight != Filtered {
		t.Errorf("%d connections, visibility %+v; want the caller's own one, and filtered", len(a.Connections), a.Visibility)
	}
}

func TestAVirtualMachinesNameIsNoProofOfAnotherNamespace(t *testing.T) {
	ca := newAuthority(t)
	for _, namespace := range []string{"tools", "-"} {
		i := newIstiod(t, ca, "istiod-0", "1.29.3")
		machine := sidecar("vm-1.example.com", "1.29.3")
		machine.machine = namespace
		i.syncz = func(s stream) error {
			answer := i.connections("nobody")
			answer.Resources = append(answer.Resources, machine.config(i.habits))
			return s.Send(answer)
		}
		if a := mustAsk(t, outsider(t, ca), i.target("default")); len(a.Connections) != 1 || a.Visibility.Sight != Filtered {
			t.Errorf("machine in %q: %d connections, visibility %+v; want one, and filtered", namespace, len(a.Connections), a.Visibility)
		}
	}
}

func TestAnAnswerWithProxiesOfOthersIsNotFilteredWhateverTheProbeSays(t *testing.T) {
	ca := newAuthority(t)
	for name, tt := range map[string]struct {
		version string
		allowed []string
	}{
		"an istiod before filters": {"1.28.6", nil},
		"an old one":               {"1.22.0", nil},
		"a very old one":           {"1.10.3", nil},
		"an allowed namespace":     {"1.29.3", []string{"tools"}},
	} {
		i := newIstiod(t, ca, "istiod-0", tt.version)
		i.allowed = tt.allowed
		a := mustAsk(t, outsider(t, ca), i.target("default"))
		if len(a.Connections) != 2 || a.Visibility.Sight != Everything || a.Visibility.Suspicion() != "" || a.Visibility.Words(i.target(""), "") != "" {
			t.Errorf("%s: %d connections, visibility %+v; want both and everything", name, len(a.Connections), a.Visibility)
		}
	}
}

func TestAnEmptyAnswerOfAnOldIstiodLeavesOneUnsure(t *testing.T) {
	ca := newAuthority(t)
	i := newIstiod(t, ca, "istiod-0", "1.22.0")
	i.change(func([]*client) []*client { return nil })
	a := mustAsk(t, outsider(t, ca), i.target("default"))
	if a.Visibility.Sight != Unsure || !strings.HasPrefix(a.Visibility.Suspicion(), "perhaps; nobody knows, as the visibility probe failed") {
		t.Errorf("visibility %+v, want that nobody knows", a.Visibility)
	}
}

func TestWithoutDebugPagesTheAnswerIsWholeAllTheSame(t *testing.T) {
	ca := newAuthority(t)
	i := newIstiod(t, ca, "istiod-0", "1.29.3")
	i.debugOnHTTP = false
	a := mustAsk(t, bot(t, ca), i.target("default"))
	if len(a.Connections) != 2 || a.Visibility.Sight != Everything || !strings.Contains(a.Visibility.Why, "ENABLE_DEBUG_ON_HTTP=false") {
		t.Errorf("%d connections, visibility %+v; want both, and everything because the probe was let in", len(a.Connections), a.Visibility)
	}
	if a := mustAsk(t, outsider(t, ca), i.target("default")); a.Visibility.Sight != Filtered {
		t.Errorf("visibility of an outsider %+v, want filtered", a.Visibility)
	}
}

func TestAProbeThatFailsLeavesOneUnsureAndTheAnswerStands(t *testing.T) {
	ca := newAuthority(t)
	page := func(typeURL string, pages ...string) func(stream) error {
		r := &discovery.DiscoveryResponse{TypeUrl: typeURL}
		for _, p := range pages {
			r.Resources = append(r.Resources, &anypb.Any{TypeUrl: typeDebug, Value: []byte(p)})
		}
		return func(s stream) error { return s.Send(r) }
	}
	for name, tt := range map[string]struct {
		debug func(stream) error
		why   string
	}{
		"an error":        {func(stream) error { return errors.New("no token-of-an-outsider here") }, "the visibility probe failed: no (the token) here"},
		"another refusal": {func(stream) error { return grpcstatus.Error(codes.Unauthenticated, "authentication required") }, "does not accept the token (authentication required)"},
		"hanging up":      {func(stream) error { return errHangUp }, "hung up"},
		"no page":         {page(typeDebug), "not answered with a page"},
		"two pages":       {page(typeDebug, "[]", "[]"), "not answered with a page"},
		"another type":    {page(typeSyncz, "[]"), "not answered with a page"},
		"words":           {page(typeDebug, "the debug info is not available for current identity: \"x\""), "with something else: the debug info is not available"},
		"other JSON":      {page(typeDebug, `{"proxy":"a.b"}`), "with something else"},
		"cut JSON":        {page(typeDebug, `[{"proxy":"a.b"}`), "with something else"},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIstiod(t, ca, "istiod-0", "1.29.3")
			i.change(func([]*client) []*client { return []*client{sidecar("linnet-0.tools", "1.29.3")} })
			i.debug = tt.debug
			a := mustAsk(t, outsider(t, ca), i.target("default"))
			if len(a.Connections) != 1 || a.Visibility.Sight != Unsure || !strings.Contains(a.Visibility.Why, tt.why) {
				t.Errorf("%d connections, visibility %+v; want one, and unsure because %q", len(a.Connections), a.Visibility, tt.why)
			}
			if got := a.Visibility.Words(i.target("default"), "1.29.3"); !strings.HasPrefix(got, "whether istiod 1.29.3 filters its answer is not known (") {
				t.Errorf("words %q", got)
			}
		})
	}
}

func TestAProbeThatHangsDoesNotTakeTheAnswerWithIt(t *testing.T) {
	ca := newAuthority(t)
	i := newIstiod(t, ca, "istiod-0", "1.29.3")
	ctx, cancel := context.WithCancel(t.Context())
	i.debug = func(s stream) error { cancel(); <-s.Context().Done(); return s.Context().Err() }
	i.change(func([]*client) []*client { return []*client{sidecar("gateway.istio-system", "1.29.3")} })
	a, err := bot(t, ca).Ask(ctx, i.target("default"))
	if err != nil || len(a.Connections) != 1 || a.Visibility.Sight != Unsure || !strings.Contains(a.Visibility.Why, "the question was withdrawn") {
		t.Errorf("Ask = %+v, %v; want the answer, and unsure", a, err)
	}
}

func TestNobodyConnectedAndSeenByTheBotIsNobody(t *testing.T) {
	ca := newAuthority(t)
	for _, version := range []string{"1.10.3", "1.22.0", "1.28.3", "1.30.0"} {
		i := newIstiod(t, ca, "istiod-0", version)
		i.change(func([]*client) []*client { return nil })
		if a := mustAsk(t, bot(t, ca), i.target("default")); len(a.Connections) != 0 || a.Visibility.Sight != Everything {
			t.Errorf("istiod %s: %d connections, visibility %+v; want none, and everything", version, len(a.Connections), a.Visibility)
		}
	}
}

func TestTheProbeAsksForNoList(t *testing.T) {
	ca := newAuthority(t)
	i := newIstiod(t, ca, "istiod-0", "1.29.3")
	if got := strings.TrimSpace(string(i.json("-"))); got != "[]" {
		t.Fatalf("the page for a namespace that cannot be = %s", got)
	}
	mustAsk(t, bot(t, ca), i.target("default"))
	if got := i.questions()[1].resources; !slices.Equal(got, []string{emptyPage}) {
		t.Errorf("asked for %q", got)
	}
}
