package proxies

import (
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func TestStatesAreWhatIstiodsSay(t *testing.T) {
	const proxy = "grafana-6d8f7c9d4b-x2k9p"
	for name, tc := range map[string]struct {
		spoil func(*checks.Observation, *checks.Connection)
		state State
		cell  string
		well  bool
	}{
		"in sync": {func(*checks.Observation, *checks.Connection) {}, Synced, "SYNCED", true},
		"a push that does not arrive": {func(_ *checks.Observation, c *checks.Connection) {
			c.State, c.Types, c.Since = checks.Stale, "CDS LDS EDS RDS=STALE", noon.Add(-3*time.Minute)
		}, Stale, "STALE RDS 3m", false},
		"nobody knows since when": {func(_ *checks.Observation, c *checks.Connection) {
			c.State, c.Types = checks.Stale, "CDS LDS=STALE RDS=STALE"
		}, Stale, "STALE LDS,RDS", false},
		"nothing was sent": {func(_ *checks.Observation, c *checks.Connection) {
			c.State, c.Types = checks.NotSent, "CDS LDS=NOT_SENT"
		}, NotSent, "NOT SENT LDS", false},
		"it rejects": {func(_ *checks.Observation, c *checks.Connection) {
			c.State, c.Types, c.Detail = checks.Errored, "CDS LDS=ERROR RDS=STALE", "LDS: no such filter"
		}, Errored, "NACK LDS", false},
		"an observer that tells no types": {func(_ *checks.Observation, c *checks.Connection) { c.State, c.Types = checks.Stale, "" }, Stale, "STALE", false},
		"a word that is not known":        {func(_ *checks.Observation, c *checks.Connection) { c.State = "FINE" }, Unknown, "?", false},
		"all have answered, and nobody names it": {func(o *checks.Observation, _ *checks.Connection) {
			o.Istiods[1].Connections = o.Istiods[1].Connections[1:]
		}, NotConnected, "NOT CONNECTED", false},
		"its istiod has not answered": {func(o *checks.Observation, _ *checks.Connection) {
			o.Istiods[1].Answered, o.Istiods[1].Connections = false, nil
		}, Unknown, "?", false},
		"its istiod hides": {func(o *checks.Observation, _ *checks.Connection) {
			o.Istiods[1].Filtered, o.Istiods[1].Connections = "permission denied", nil
		}, Unknown, "?", false},
		"no istiod was seen": {func(o *checks.Observation, _ *checks.Connection) { o.Istiods = nil }, Unknown, "?", false},
		"it has just started": {func(o *checks.Observation, _ *checks.Connection) {
			o.Istiods[1].Connections = o.Istiods[1].Connections[1:]
			o.Pods[2].Created = noon.Add(-20 * time.Second)
		}, Starting, "starting", true},
		"two istiods tell of it, and one says worse": {func(o *checks.Observation, c *checks.Connection) {
			worse := *c
			worse.State, worse.Types = checks.Stale, "CDS=STALE"
			o.Istiods[1].Connections = append(o.Istiods[1].Connections, worse)
		}, Stale, "STALE CDS", false},
	} {
		o := mesh()
		tc.spoil(o, connection(t, o, proxy+".monitoring"))
		l := Make(o, query())
		got := named(t, l, proxy)
		if got.State != tc.state || l.syncCell(&got) != tc.cell || got.Well() != tc.well {
			t.Errorf("%s: got %s, %q, well %t; want %s, %q, %t", name, got.State, l.syncCell(&got), got.Well(), tc.state, tc.cell, tc.well)
		}
	}
}

func TestWhatIsNotKnownStandsAboveTheTable(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(*checks.Observation)
		want  []string
	}{
		"an istiod did not answer": {func(o *checks.Observation) { o.Istiods[0].Answered, o.Istiods[0].Error = false, "there is no token" },
			[]string{"istiod pod istiod-5f8c7d-xxxxx (default) did not answer: there is no token"}},
		"two did not": {func(o *checks.Observation) {
			for i := range o.Istiods {
				o.Istiods[i].Answered, o.Istiods[i].Error = false, "connection refused"
			}
		}, []string{"istiod-5f8c7d-xxxxx (default) did not answer: connection refused", "istiod-1-29-0-5f8c7d-xxxxx (1-29-0) did not answer: connection refused"}},
		"all hide": {func(o *checks.Observation) {
			for i := range o.Istiods {
				o.Istiods[i].Connections = nil
			}
		}, []string{"DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES"}},
		"a right is missing": {func(o *checks.Observation) { o.MissingRights = []string{"list pods: forbidden"}; o.Pods = nil }, []string{"list pods: forbidden"}},
		"it was long ago":    {func(o *checks.Observation) { o.At = noon.Add(-time.Hour) }, []string{"the cluster was observed at 2026-03-14 11:00:00 UTC"}},
		"nothing was seen":   {func(o *checks.Observation) { *o = checks.Observation{At: noon} }, []string{"no pod was seen at all", "no istiod Deployment was seen"}},
	} {
		o := mesh()
		tc.spoil(o)
		for _, old := range []bool{false, true} {
			q := query()
			q.Old, q.Revision = old, "default"
			l := Make(o, q)
			text := l.Text(Style{})
			above, _, _ := strings.Cut(text, "\n\n")
			if l.Complete || !strings.Contains(above, "unknown: this list may lack proxies") {
				t.Errorf("%s: complete %t:\n%s", name, l.Complete, text)
			}
			for _, want := range tc.want {
				if !strings.Contains(above, want) {
					t.Errorf("%s: %q does not stand above the table:\n%s", name, want, text)
				}
			}
		}
	}
}

// An empty list is what takes a control plane away.
func TestNothingSeenIsNotNothingThere(t *testing.T) {
	q := query()
	q.Namespace, q.Old = "orders", true
	for name, tc := range map[string]struct {
		spoil func(*checks.Observation)
		want  string
	}{
		"all was seen":       {func(*checks.Observation) {}, "\nno old proxy in namespace orders\n"},
		"a right is missing": {func(o *checks.Observation) { o.MissingRights = []string{"list pods: forbidden"} }, "\nno old proxy in namespace orders was seen, which does not say that there is none\n"},
	} {
		o := mesh()
		tc.spoil(o)
		if text := Make(o, q).Text(Style{}); !strings.Contains(text, tc.want) || strings.Contains(text, "NAMESPACE") {
			t.Errorf("%s: want %q in:\n%s", name, tc.want, text)
		}
	}
}

// Where no istiod can be asked, as from most laptops, the pods still say a lot.
func TestWithoutIstiodsThePodsAreListed(t *testing.T) {
	o := mesh()
	for i := range o.Istiods {
		o.Istiods[i].Answered, o.Istiods[i].Connections, o.Istiods[i].Error = false, nil, "there is no token"
	}
	l := Make(o, query())
	got := named(t, l, "loki-0")
	if got.Version != "1.28.3" || !got.FromImage || versionCell(&got) != "1.28.3 (image)" || istiodCell(&got) != "?" || !got.Old || l.Total != 6 {
		t.Errorf("got %+v of %d", got, l.Total)
	}
	if !strings.Contains(l.Text(Style{}), "istiod-5f8c7d-xxxxx (default, 1.28.3) ?") {
		t.Errorf("it counts what it does not know:\n%s", l.Text(Style{}))
	}
}
