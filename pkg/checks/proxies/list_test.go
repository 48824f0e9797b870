package proxies

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func TestBothWitnessesTellOfAProxy(t *testing.T) {
	got := named(t, Make(mesh(), query()), "loki-0")
	want := Proxy{
		Namespace: "monitoring", Pod: "loki-0", Name: "loki-0", Owner: Owner{"StatefulSet", "loki"},
		Revision: "default", By: "annotation istio.io/rev", Version: "1.28.3",
		Istiods: []Connected{{"istiod-5f8c7d-xxxxx", "default"}}, State: Synced,
		Types:   []Type{{"CDS", Synced}, {"LDS", Synced}, {"EDS", Synced}, {"RDS", Synced}},
		Created: noon.Add(-3 * time.Hour), Next: "1-29-0", NextWhy: "the namespace says istio.io/rev=1-29-0",
		Old: true, Reason: "update strategy OnDelete: nothing replaces its pods", Remedy: "kubectl -n monitoring delete pod, one after the other",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhoIsOldFollowsWhatIsWanted(t *testing.T) {
	for _, tc := range []struct {
		revision, want, rule string
	}{
		{"", "loki-0 shell", "old is whoever is not on the revision that its own next pod would get"},
		{"1-29-0", "loki-0 shell api-7c9f5d6b8-4xk2p api-7c9f5d6b8-zq8wd", "old is whoever is not on 1-29-0, the revision that --revision names"},
		{"default", "public-ingressgateway-7bb6c5f5c9-abcde grafana-6d8f7c9d4b-x2k9p", "old is whoever is not on default, the revision that --revision names"},
	} {
		q := query()
		q.Revision, q.Wish, q.Old = tc.revision, "that --revision names", true
		l := Make(mesh(), q)
		var got []string
		for _, p := range l.Proxies {
			got = append(got, p.Name)
			if p.Reason == "" || p.Remedy == "" {
				t.Errorf("wanted %q: %s has reason %q and remedy %q", tc.revision, p.Name, p.Reason, p.Remedy)
			}
		}
		if strings.Join(got, " ") != tc.want || l.Rule != tc.rule || l.Old != len(got) || l.Total != 6 {
			t.Errorf("wanted %q: got %q of %d, %q; want %q, %q", tc.revision, got, l.Total, l.Rule, tc.want, tc.rule)
		}
	}
}

// One that was injected by the new control plane and talks to the old one still uses it.
func TestWhoIsConnectedToTheOldOneIsOld(t *testing.T) {
	o := mesh()
	connect(o, "default", checks.Connection{Proxy: "grafana-6d8f7c9d4b-x2k9p.monitoring", Cluster: "Kubernetes", Version: "1.29.0", State: checks.Synced})
	got := named(t, Make(o, query()), "grafana-6d8f7c9d4b-x2k9p")
	if !got.Old || got.Health != "connected to an istiod of default" || len(got.Istiods) != 2 || got.Well() {
		t.Errorf("got %+v", got)
	}
}

func TestWhoDoesNotSayItsRevisionIsOld(t *testing.T) {
	o := mesh()
	pod(t, o, "grafana-6d8f7c9d4b-x2k9p").Annotations = nil
	for _, revision := range []string{"", "1-29-0"} {
		q := query()
		q.Revision = revision
		if got := named(t, Make(o, q), "grafana-6d8f7c9d4b-x2k9p"); got.Revision != "?" || !got.Old {
			t.Errorf("wanted %q: got revision %s, old %t", revision, got.Revision, got.Old)
		}
	}
}

// Nobody can say what the next pod of a managed gateway gets; of a workload that no injector matches it is known, and bad.
func TestWhatBringsItsProxyAlongIsNotOldForThat(t *testing.T) {
	o := mesh()
	add(o, "bare", "waypoint-0", "default", "1.28.3", deployment("waypoint"))
	pod(t, o, "waypoint-0").Labels = map[string]string{"gateway.istio.io/managed": "istio.io-mesh-controller", "sidecar.istio.io/inject": "false"}
	add(o, "bare", "left-behind-0", "default", "1.28.3", deployment("left-behind"))
	l := Make(o, query())
	if got := named(t, l, "waypoint-0"); got.Old || got.Next != "" || got.NextWhy == "" {
		t.Errorf("the waypoint: %+v", got)
	}
	if got := named(t, l, "left-behind-0"); !got.Old || !strings.Contains(got.Reason, "would start without a proxy") {
		t.Errorf("the one that nobody would inject again: %+v", got)
	}
	q := query()
	q.Revision = "1-29-0"
	if got := named(t, Make(o, q), "waypoint-0"); !got.Old {
		t.Error("the waypoint is not on the revision that is wanted, and is not old")
	}
}

func TestConnectionsThatNoPodExplainsAreListed(t *testing.T) {
	o := mesh()
	o.SignedOff = []checks.SignedOff{{Cluster: "west", Reason: "moves next week"}}
	connect(o, "default", checks.Connection{Proxy: "vm-1.legacy", Cluster: "Kubernetes", Version: "1.27.0", State: checks.Synced})
	for _, revision := range []string{"default", "1-29-0"} {
		connect(o, revision, checks.Connection{Proxy: "web-0.shop", Cluster: "west", Version: "1.28.3", State: checks.Stale})
	}
	q := query()
	q.Revision = "1-29-0"
	l := Make(o, q)
	if vm := named(t, l, "vm-1"); vm.Namespace != "legacy" || vm.Pod != "" || vm.Revision != "default" || !vm.Old || vm.Well() || vm.Remedy == "" {
		t.Errorf("the virtual machine: %+v", vm)
	}
	if web := named(t, l, "web-0"); web.Cluster != "west" || len(web.Istiods) != 2 || !web.SignedOff || web.Health != "" {
		t.Errorf("the pod of the other cluster: %+v", web)
	}
	if l.Total != 8 || l.Complete || !strings.Contains(strings.Join(l.Unknown, ";"), "vm-1.legacy") {
		t.Errorf("got %d, complete %t, unknown %q", l.Total, l.Complete, l.Unknown)
	}
	if vm := named(t, Make(o, query()), "vm-1"); vm.Old {
		t.Error("nothing says what a virtual machine would get next, and it is old")
	}
}

func TestCountsAreOfTheWholeNamespaceWhateverIsListed(t *testing.T) {
	q := query()
	q.Namespace, q.Old = "monitoring", true
	l := Make(mesh(), q)
	want := []Count{{"default", "1.28.3", 2}, {"1-29-0", "1.29.0", 1}}
	if diff := cmp.Diff(want, l.Counts); diff != "" || l.Total != 3 || len(l.Proxies) != 2 {
		t.Errorf("got %d of %d (-want +got):\n%s", len(l.Proxies), l.Total, diff)
	}
}

// A pod of the old revision that came and went between two looks shows that something still makes them.
func TestOldOnesThatHaveLeftAreTold(t *testing.T) {
	o := mesh()
	for i, revision := range []string{"1-29-0", "default", "", "default", "default"} {
		o.Departed = append(o.Departed, checks.DepartedPod{Namespace: "monitoring", Name: "backup-" + string(rune('a'+i)), Revision: revision,
			Owners: []checks.Owner{{Kind: "Job", Name: "backup"}, {Kind: "CronJob", Name: "nightly"}}, FirstSeen: noon.Add(-time.Minute), Gone: noon.Add(time.Duration(i-10) * time.Second)})
	}
	q := query()
	q.Revision = "1-29-0"
	l := Make(o, q)
	if len(l.Departed) != 4 || l.Departed[0].Pod != "backup-e" || l.Departed[2].Revision != "?" || l.Departed[0].Owner != (Owner{"CronJob", "nightly"}) {
		t.Errorf("got %+v", l.Departed)
	}
	want := "4 old ones have left lately: monitoring/backup-e on default of CronJob/nightly, 6s ago; monitoring/backup-d on default of CronJob/nightly, 7s ago; monitoring/backup-c on ? of CronJob/nightly, 8s ago; and 1 more\n"
	if text := l.Text(Style{}); !strings.Contains(text, want) {
		t.Errorf("want %q in:\n%s", want, text)
	}
	q.Namespace = "orders"
	if l := Make(o, q); len(l.Departed) != 0 {
		t.Errorf("of another namespace: got %+v", l.Departed)
	}
	if l := Make(o, query()); len(l.Departed) != 0 {
		t.Errorf("with no revision wanted: got %+v", l.Departed)
	}
}

func TestEndedPodsHaveNoProxy(t *testing.T) {
	o := mesh()
	pod(t, o, "shell").Phase = "Succeeded"
	if l := Make(o, query()); l.Total != 5 {
		t.Errorf("got %d proxies", l.Total)
	}
}

func TestWhatIsWrongWithAPodIsSaid(t *testing.T) {
	for want, spoil := range map[string]func(*checks.Pod){
		"terminating":                             func(p *checks.Pod) { p.Deleting = true },
		"pending: app ImagePullBackOff":           func(p *checks.Pod) { p.Phase, p.Ready, p.Containers[0].Waiting = "Pending", false, "ImagePullBackOff" },
		"phase Unknown":                           func(p *checks.Pod) { p.Phase = "Unknown" },
		"phase not known":                         func(p *checks.Pod) { p.Phase = "" },
		"not ready: istio-proxy CrashLoopBackOff": func(p *checks.Pod) { p.Ready, p.Containers[1].Waiting = false, "CrashLoopBackOff" },
		"proxy restarted 3m ago": func(p *checks.Pod) {
			p.Containers[1].Restarts, p.Containers[1].LastRestart = 4, noon.Add(-3*time.Minute)
		},
	} {
		o := mesh()
		spoil(pod(t, o, "grafana-6d8f7c9d4b-x2k9p"))
		if got := named(t, Make(o, query()), "grafana-6d8f7c9d4b-x2k9p"); got.Health != want || got.Well() {
			t.Errorf("got %q, well %t; want %q", got.Health, got.Well(), want)
		}
	}
}

func TestVersionsOfImages(t *testing.T) {
	for image, want := range map[string]string{
		"registry1.dso.mil/ironbank/istio/proxyv2:1.28.3": "1.28.3", "proxyv2:v1.28.3-distroless@sha256:ab": "1.28.3", "localhost:5000/proxyv2": "",
		"proxyv2": "", "": "", "proxyv2:latest": "", "proxyv2@sha256:ab": "", "proxyv2:1.29.0-bb.0": "1.29.0",
	} {
		if got := versionOfImage(image); got != want {
			t.Errorf("%q: got %q, want %q", image, got, want)
		}
	}
}
