package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/test/e2e/istiod"
)

// Four states of a cluster: which injectors there are.
var states = []struct {
	name               string
	builtIn, asDefault bool // the built-in injector; a revision tag "default" that leads to the canary
}{{"A", true, false}, {"B", true, true}, {"D", false, true}, {"C", false, false}}

// row is a combination of labels; "." is no label. Each namespace has its own two, each pod, too.
type row struct{ injection, revision, inject, podRevision string }

// rows are all 81.
func rows() []row {
	var all []row
	for _, injection := range []string{".", "enabled", "disabled"} {
		for _, revision := range []string{".", "default", canary.Revision} {
			for _, inject := range []string{".", "true", "false"} {
				for _, podRevision := range []string{".", "default", canary.Revision} {
					all = append(all, row{injection, revision, inject, podRevision})
				}
			}
		}
	}
	return all
}

func (r row) namespace() string {
	return strings.NewReplacer(".", "none").Replace("table-" + r.injection + "-" + r.revision)
}

func (r row) pod() string {
	return strings.NewReplacer(".", "none").Replace("pod-" + r.inject + "-" + r.podRevision)
}

func labels(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "." {
			m[pairs[i]] = pairs[i+1]
		}
	}
	return m
}

func (r row) namespaceLabels() map[string]string {
	return labels("istio-injection", r.injection, "istio.io/rev", r.revision)
}

func (r row) podLabels() map[string]string {
	return labels("sidecar.istio.io/inject", r.inject, "istio.io/rev", r.podRevision)
}

// TestEveryCombinationOfLabelsIsInjectedAsTheTableSays has pods of all 81 combinations made by the real API server, in four states of the cluster, and holds what the real
// webhooks did against what Linnet says that they would do, and against the table that was computed from the charts.
func TestEveryCombinationOfLabelsIsInjectedAsTheTableSays(t *testing.T) {
	live.installCanary(t)
	namespaces := map[string]map[string]string{}
	for _, r := range rows() {
		namespaces[r.namespace()] = r.namespaceLabels()
	}
	live.namespaces(t, namespaces)
	table := readTable(t)
	e := live.eyesOf(t, "istio-system", "linnet-observer")
	builtIn, tag := live.injectors(t)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := errors.Join(live.applier.Delete(ctx, tag), live.applier.Apply(ctx, builtIn), live.awaitIstiod(ctx, "istiod", builtIn.GetName())); err != nil {
			t.Error(err)
		}
	})
	for _, state := range states {
		t.Run(state.name, func(t *testing.T) {
			live.have(t, builtIn, state.builtIn)
			live.have(t, tag, state.asDefault)
			seen := e.withInjectors(t, 1+count(state.builtIn)+count(state.asDefault))
			twice := map[string]int{} // by who was seen to win
			for _, r := range rows() {
				var found []string
				for _, i := range checks.Match(seen.Mutating, r.namespaceLabels(), r.podLabels()) {
					found = append(found, i.Revision)
				}
				slices.Sort(found)
				if want := table[state.name][r]; table != nil && !slices.Equal(found, want) {
					t.Errorf("%+v: Linnet sees the injectors of %q, the table has %q", r, found, want)
				}
				made := live.tablePod(t, r, state.name != "A")
				got := injectedBy(t, made)
				switch len(found) {
				case 0:
					found = []string{"-"}
				case 2:
					twice[got]++
				}
				if !slices.Contains(found, got) {
					t.Errorf("%+v: the real webhooks had it injected by %s, Linnet expects %q", r, got, found)
				}
			}
			t.Logf("81 combinations; those that match two injectors, by the revision that the pod ends with: %v", twice)
			if len(twice) > 0 != (state.name == "B") {
				t.Errorf("combinations that match two injectors: %v", twice)
			}
		})
	}
	t.Run("who is injected connects where the table says", func(t *testing.T) {
		live.await(t.Context(), t, "all proxies are connected", func(ctx context.Context) error {
			tr, err := live.truth(ctx)
			if err != nil {
				return err
			}
			for _, r := range rows() {
				key := r.pod() + "." + r.namespace()
				pod := tr.pods[key]
				if got, want := tr.on[key], pod.Annotations["istio.io/rev"]; got != want {
					return fmt.Errorf("%s is connected to %q, and was injected by %q", key, got, want)
				}
			}
			return nil
		})
	})
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// tablePod makes the pod of a row, or, dry, has the API server and the webhooks do everything but keep it.
func (w *world) tablePod(t *testing.T, r row, dry bool) *corev1.Pod {
	t.Helper()
	made := template(r.pod())
	for k, v := range r.podLabels() {
		made.Labels[k] = v
	}
	var options metav1.CreateOptions
	if dry {
		options.DryRun = []string{metav1.DryRunAll}
	}
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: "dry-", Labels: made.Labels}, Spec: made.Spec}
	if !dry {
		p.Name, p.GenerateName = r.pod(), ""
	}
	got, err := w.Client.CoreV1().Pods(r.namespace()).Create(t.Context(), p, options)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// injectedBy reads which revision injected a pod, as Linnet does; "-" = none.
func injectedBy(t *testing.T, p *corev1.Pod) string {
	t.Helper()
	var status struct{ Revision string }
	text, injected := p.Annotations["sidecar.istio.io/status"]
	if !injected {
		return "-"
	}
	if err := json.Unmarshal([]byte(text), &status); err != nil {
		t.Error(err)
	}
	return status.Revision
}

// injectors are the configuration of the built-in injector and that of a tag.
func (w *world) injectors(t *testing.T) (builtIn, tag *unstructured.Unstructured) {
	t.Helper()
	for _, m := range []struct {
		revision, version, want string
		into                    **unstructured.Unstructured
		set                     []string
	}{
		{"", old.Version, "istio-sidecar-injector", &builtIn, nil},
		{canary.Revision, canary.Version, "istio-revision-tag-default", &tag, []string{"values.revisionTags[0]=default"}},
	} {
		all, err := istiod.Manifest(t.Context(), w.binaries, m.revision, m.version, m.set...)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range all {
			if o.GetKind() == "MutatingWebhookConfiguration" && o.GetName() == m.want {
				*m.into = o
			}
		}
		if *m.into == nil {
			t.Fatalf("the charts have no %s", m.want)
		}
	}
	return builtIn, tag
}

// have applies or deletes an injector's configuration, and waits until it can be called or is gone.
func (w *world) have(t *testing.T, o *unstructured.Unstructured, wanted bool) {
	t.Helper()
	if !wanted {
		if err := w.applier.Delete(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := w.applier.Apply(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	w.await(t.Context(), t, o.GetName()+" has its CA bundle", func(ctx context.Context) error {
		c, err := w.Client.AdmissionregistrationV1().MutatingWebhookConfigurations().Get(ctx, o.GetName(), metav1.GetOptions{})
		if err == nil && len(c.Webhooks[0].ClientConfig.CABundle) == 0 {
			err = errors.New("it has none")
		}
		return err
	})
}

// withInjectors looks until as many injectors are seen as there are. The API server, too, learns of them by a watch, so a little more is waited for.
func (e *eyes) withInjectors(t *testing.T, n int) *checks.Observation {
	t.Helper()
	for {
		seen := e.look(t)
		if len(seen.Mutating) == n {
			settle := time.NewTimer(2 * time.Second)
			defer settle.Stop()
			<-settle.C
			return seen
		}
	}
}

// readTable reads the table that was computed from the charts, by state and row; nil where it is not at hand.
func readTable(t *testing.T) map[string]map[row][]string {
	t.Helper()
	root := os.Getenv(shareddata.Env)
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(root, "data", "istio", "webhooks", "injection-truth-table.tsv"))
	if err != nil {
		t.Log("the table computed from the charts is not at hand, only Linnet and the webhooks are compared:", err)
		return nil
	}
	defer f.Close()
	table := map[string]map[row][]string{"A": {}, "B": {}, "C": {}, "D": {}}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		c := strings.Split(strings.ReplaceAll(lines.Text(), "1-30-3", canary.Revision), "\t")
		if len(c) != 8 || strings.HasPrefix(c[0], "ns:") {
			continue
		}
		for i, state := range []string{"A", "B", "C", "D"} {
			var who []string
			for _, one := range strings.Split(c[4+i], " + ") {
				if revision, _, _ := strings.Cut(one, " "); revision != "-" {
					who = append(who, revision)
				}
			}
			slices.Sort(who)
			table[state][row{c[0], c[1], c[2], c[3]}] = who
		}
	}
	return table
}
