package proxies

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// spoilt has one of everything that makes a table wide.
func spoilt(t testing.TB) *checks.Observation {
	o := mesh()
	c := connection(t, o, "grafana-6d8f7c9d4b-x2k9p.monitoring")
	c.State, c.Types = checks.Errored, "CDS EDS LDS=ERROR RDS=STALE"
	c.Detail = "LDS: Error adding/updating listener(s) 0.0.0.0_8080: Didn't find a registered implementation for 'envoy.filters.listener.proxy_protocol' with type URL: ''"
	add(o, "a-namespace-of-a-name-that-is-as-long-as-kubernetes-lets-it-be1", strings.Repeat("pod-", 50)+"tail", "default", "1.28.3", deployment(strings.Repeat("deployment-", 15)))
	connect(o, "default", checks.Connection{Proxy: "機械\x1b[2J.遺産", Cluster: "west\nnorth", Version: "1.27.0", State: checks.Synced})
	return o
}

func TestNoLineIsLongerThanTheTerminal(t *testing.T) {
	o := spoilt(t)
	for width := 40; width <= 220; width++ {
		for _, q := range []Query{query(), {Now: noon, Old: true}, {Now: noon, Old: true, Revision: "1-29-0"}} {
			for _, wide := range []bool{false, true} {
				for _, height := range []int{0, 20} {
					text := Make(o, q).Text(Style{Width: width, Wide: wide, Height: height})
					for line := range strings.Lines(text) {
						if line = strings.TrimSuffix(line, "\n"); lipgloss.Width(line) > width || strings.TrimRight(line, " ") != line || strings.ContainsAny(line, "\x1b\r") {
							t.Fatalf("width %d, wide %t, old %t: line of %d columns: %q in\n%s", width, wide, q.Old, lipgloss.Width(line), line, text)
						}
					}
				}
			}
		}
	}
}

func TestColumnsGoInAnOrderInWhichWhatMattersStays(t *testing.T) {
	l := Make(spoilt(t), query())
	for width, want := range map[int]string{
		0:   "NAMESPACE POD OWNER REVISION BY NEXT VERSION ISTIOD SYNC TYPES AGE",
		120: "NAMESPACE POD OWNER REVISION NEXT VERSION ISTIOD SYNC AGE",
		100: "NAMESPACE POD OWNER REVISION VERSION ISTIOD SYNC",
		80:  "NAMESPACE POD REVISION VERSION ISTIOD SYNC",
		60:  "NAMESPACE POD REVISION VERSION SYNC",
		40:  "NAMESPACE POD REVISION SYNC",
	} {
		if got := strings.Join(strings.Fields(titles(l.Text(Style{Width: width, Wide: true}))), " "); got != want {
			t.Errorf("width %d: got %q, want %q", width, got, want)
		}
	}
}

func titles(text string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "NAMESPACE") {
			return line
		}
	}
	return ""
}

func TestColumnsStandBelowOneAnother(t *testing.T) {
	text := Make(mesh(), query()).Text(Style{Width: 100})
	sync := strings.Index(titles(text), "SYNC")
	n := 0
	for line := range strings.Lines(text) {
		if r := []rune(line); len(r) > sync && strings.HasPrefix(string(r[sync:]), "SYNCED") {
			n++
		}
	}
	if n != 6 {
		t.Errorf("%d rows have their state below its title:\n%s", n, text)
	}
}

func TestTheTableOfWhoIsOld(t *testing.T) {
	q := query()
	q.Old, q.Revision, q.Wish = true, "1-29-0", "that --revision names"
	want := `cluster Kubernetes, observed 2026-03-14 12:00:00 UTC, 12s ago; old is whoever
  is not on 1-29-0, the revision that --revision names

NAMESPACE   POD                  REVISION  VERSION  ISTIOD               SYNC
monitoring  loki-0               default   1.28.3   istiod-5f8c7d-xxxxx  SYNCED
    update strategy OnDelete: nothing replaces its pods
    → kubectl -n monitoring delete pod, one after the other
monitoring  shell                default   1.28.3   istiod-5f8c7d-xxxxx  SYNCED
    bare pod: nothing creates it again
    → whoever made it must: kubectl -n monitoring delete pod shell
orders      api-7c9f5d6b8-4xk2p  default   1.28.3   istiod-5f8c7d-xxxxx  SYNCED
orders      api-7c9f5d6b8-zq8wd  default   1.28.3   istiod-5f8c7d-xxxxx  SYNCED
    its next pod would get default again: the namespace says
    istio-injection=enabled
    → move the label of namespace orders in Git

6 proxies: 4 on default (1.28.3), 2 on 1-29-0 (1.29.0); 4 old, 0 not well
istiods: istiod-5f8c7d-xxxxx (default, 1.28.3) 4 proxies,
  istiod-1-29-0-5f8c7d-xxxxx (1-29-0, 1.29.0) 2 proxies
`
	if diff := cmp.Diff(want, Make(mesh(), q).Text(Style{Width: 80})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A terminal shows so many lines; what matters must be among them.
func TestWhereThereIsLittleRoomWhatMattersComesFirst(t *testing.T) {
	o := mesh()
	for i := range 200 {
		add(o, "aaa", fmt.Sprintf("web-%d", i), "default", "1.28.3")
	}
	o.Namespaces = append(o.Namespaces, checks.Namespace{Name: "aaa", Labels: map[string]string{"istio-injection": "enabled"}})
	pod(t, o, "grafana-6d8f7c9d4b-x2k9p").Ready = false
	l := Make(o, query())
	for _, wide := range []bool{false, true} {
		text := l.Text(Style{Width: 100, Height: 22, Wide: wide})
		if lines := strings.Count(text, "\n"); lines > 22 || lines < 16 {
			t.Errorf("%d lines:\n%s", lines, text)
		}
		for _, want := range []string{"grafana-6d", "loki-0", "shell", "more: -n NAMESPACE", "206 proxies"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not shown:\n%s", want, text)
			}
		}
		if strings.Index(text, "grafana-6d") > strings.Index(text, "loki-0") {
			t.Errorf("one that is not well does not come first:\n%s", text)
		}
	}
}

// The marks of who is old are explained where there are any, and only there.
func TestTheMarkIsExplained(t *testing.T) {
	l := Make(mesh(), query())
	if text := l.Text(Style{}); !strings.Contains(text, "old (*) is") || !strings.Contains(text, "default*") {
		t.Errorf("got:\n%s", text)
	}
	q := query()
	q.Namespace = "orders"
	if text := Make(mesh(), q).Text(Style{}); strings.Contains(text, "*") {
		t.Errorf("got:\n%s", text)
	}
}
