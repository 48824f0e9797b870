package mesh

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func TestWhatIsForbiddenIsAMissingRight(t *testing.T) {
	a := newAPI(t)
	seed(t, a, "testdata/flux.yaml")
	c, err := New(a.config(), noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range c.all {
		t.Run(f.String(), func(t *testing.T) {
			if known := slices.ContainsFunc(slices.Collect(valuesOf(a)), func(k *fakeKind) bool { return k.resource == f.String() }); !known {
				t.Skip("no such kind here") // see TestKindsThatTheClusterHasNot
			}
			a.set(func() { a.forbidden = map[string]bool{"list " + f.String(): true} })
			same(t, observe(t, follow(t, a)).MissingRights, []string{"list " + f.String() + ": forbidden"})
			a.set(func() { a.forbidden = map[string]bool{"watch " + f.String(): true} })
			same(t, observe(t, follow(t, a)).MissingRights, []string{"watch " + f.String() + ": forbidden"})
		})
	}
	a.set(func() {
		a.forbidden = map[string]bool{"list pods": true, "watch nodes": true, "get /version": true, "list helmreleases.helm.toolkit.fluxcd.io": true}
	})
	same(t, observe(t, follow(t, a)).MissingRights, []string{
		"get /version: forbidden", "list helmreleases.helm.toolkit.fluxcd.io: forbidden", "list pods: forbidden", "watch nodes: forbidden",
	})
}

func valuesOf(a *fakeAPI) func(func(*fakeKind) bool) {
	return func(yield func(*fakeKind) bool) {
		for _, k := range a.kinds {
			if !yield(k) {
				return
			}
		}
	}
}

// A right that is lost later: what was last seen stays, and the observation says that nobody may look any more. Given back, all is well.
func TestRightThatIsLost(t *testing.T) {
	a := newAPI(t)
	a.put(pods, podNamed("a"))
	c := follow(t, a)
	await(t, c, "one pod", has("shop/a"))
	a.set(func() { a.forbidden = map[string]bool{"list pods": true, "watch pods": true} })
	a.endWatches("pods")
	o := await(t, c, "a missing right", func(o *checks.Observation) bool { return len(o.MissingRights) > 0 })
	if podNames(o) != "shop/a" {
		t.Errorf("got pods %q, want what was last seen", podNames(o))
	}
	a.delete(pods, "shop", "a")
	a.set(func() { a.forbidden = map[string]bool{} })
	await(t, c, "the right", func(o *checks.Observation) bool { return o.MissingRights == nil && podNames(o) == "" })
}

// A cluster without Flux has no HelmReleases, and that is a fact and no missing right, even where the API server says "forbidden" of what does not exist.
func TestKindsThatTheClusterHasNot(t *testing.T) {
	a := newAPI(t)
	c := follow(t, a)
	if o := observe(t, c); o.MissingRights != nil || o.Flux.HelmReleases != nil {
		t.Errorf("got missing rights %q", o.MissingRights)
	}
	a.set(func() { a.forbidden = map[string]bool{"list helmreleases.helm.toolkit.fluxcd.io": true} })
	if o := observe(t, follow(t, a)); o.MissingRights != nil {
		t.Errorf("got missing rights %q for a kind that does not exist", o.MissingRights)
	}
	// Where nobody may ask what there is, the kind may be there.
	a.set(func() { a.forbidden["get discovery"] = true })
	same(t, observe(t, follow(t, a)).MissingRights, []string{
		"get /apis/installation.mattermost.com: forbidden", "get /apis/kiali.io: forbidden", "get /apis/kibana.k8s.elastic.co: forbidden",
		"get /apis/kustomize.toolkit.fluxcd.io: forbidden", "get /apis/monitoring.coreos.com: forbidden", "get /apis/source.toolkit.fluxcd.io: forbidden",
		"list helmreleases.helm.toolkit.fluxcd.io: forbidden",
	})
	a.set(func() { a.forbidden = nil })
	a.serve(releases)
	a.put(releases, "metadata: {namespace: bigbang, name: istiod}")
	await(t, c, "Flux, now that it is installed", func(o *checks.Observation) bool { return len(o.Flux.HelmReleases) == 1 })
	a.set(func() { delete(a.kinds, releases) })
	a.endWatches("helmreleases.helm.toolkit.fluxcd.io")
	await(t, c, "Flux gone again", func(o *checks.Observation) bool { return o.Flux.HelmReleases == nil && o.MissingRights == nil })
}

func TestOlderVersionsOfFlux(t *testing.T) {
	a := newAPI(t)
	a.serve("/apis/helm.toolkit.fluxcd.io/v2beta1/helmreleases")
	a.put("/apis/helm.toolkit.fluxcd.io/v2beta1/helmreleases", "metadata: {namespace: bigbang, name: istiod}")
	if o := observe(t, follow(t, a)); len(o.Flux.HelmReleases) != 1 || o.MissingRights != nil {
		t.Errorf("got %d HelmReleases and missing rights %q, want one", len(o.Flux.HelmReleases), o.MissingRights)
	}
}

// A kind that is there in a version that nobody can read is not absent.
func TestVersionThatNobodyCanRead(t *testing.T) {
	a := newAPI(t)
	a.serve("/apis/helm.toolkit.fluxcd.io/v9/helmreleases")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if o, err := follow(t, a).Observe(ctx); err == nil || !strings.Contains(err.Error(), "only as v9") {
		t.Errorf("got %v and %v, want an error that names v9", o, err)
	}
}
