package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// settle is long enough for anything that a push sets off in the miniature: a poll, the umbrella twice, a 30 s requeue or two, and the longest interval
// of a package.
const settle = 6 * time.Minute

var start = time.Date(2026, time.March, 9, 8, 0, 0, 0, time.UTC)

// lab is a cluster at rest on release 3.18.0 and the repository that it follows.
type lab struct {
	*testing.T
	*Cluster
	files   tree.Tree
	commits int
	pushed  time.Time
}

func newLab(t *testing.T, flavour string, edits ...func(tree.Tree) tree.Tree) *lab {
	t.Helper()
	releases, packages := Miniature()
	c, err := New(Options{Start: start, Environment: "dev", Releases: releases, Packages: packages, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{T: t, Cluster: c, files: tree.New(miniature.Repository(flavour))}
	l.push(edits...)
	l.pass(10 * time.Minute)
	for _, r := range l.sortedReleases() {
		if r.Ready.Status != "True" {
			t.Fatalf("HelmRelease %s is not ready: %s", r.key(), r.Ready.Message)
		}
	}
	return l
}

// push commits the edits and moves the target branch.
func (l *lab) push(edits ...func(tree.Tree) tree.Tree) {
	for _, edit := range edits {
		l.files = edit(l.files)
	}
	l.commits++
	l.pushed = l.Now()
	l.Push(fmt.Sprintf("%040x", l.commits), l.files)
}

func (l *lab) pass(d time.Duration) {
	l.Helper()
	if err := l.Advance(d); err != nil {
		l.Fatal(err)
	}
}

// when advances in small steps until something holds and tells when it did.
func (l *lab) when(what string, holds func() bool) time.Time {
	l.Helper()
	for range 6000 {
		if holds() {
			return l.Now()
		}
		l.pass(100 * time.Millisecond)
	}
	l.Fatalf("ten minutes later still not: %s", what)
	return time.Time{}
}

func write(name, content string) func(tree.Tree) tree.Tree {
	return func(t tree.Tree) tree.Tree { return t.With(tree.Change{Path: name, Content: []byte(content)}) }
}

func replace(name, old, new string) func(tree.Tree) tree.Tree {
	return func(t tree.Tree) tree.Tree {
		content, _ := t.Read(name)
		if !strings.Contains(string(content), old) {
			panic(name + " does not hold " + old)
		}
		return t.With(tree.Change{Path: name, Content: []byte(strings.Replace(string(content), old, new, 1))})
	}
}

// revisions lists the distinct revisions of a namespace's running pods, "-" for one without a proxy.
func (l *lab) revisions(namespace string) []string {
	found := map[string]bool{}
	for _, p := range l.sortedPods() {
		if p.Namespace != namespace || p.Deleting || p.Phase != "Running" || p.istiod != nil || p.HostNetwork {
			continue
		}
		found[strings.TrimLeft(p.Annotations["istio.io/rev"]+" "+proxyVersion(p), " ")] = true
	}
	return slices.Sorted(maps.Keys(found))
}

func proxyVersion(p *pod) string {
	if p.proxy == nil {
		return "-"
	}
	return p.proxy.version
}

func (l *lab) wantRevisions(want map[string]string) {
	l.Helper()
	got := map[string]string{}
	for namespace := range want {
		got[namespace] = strings.Join(l.revisions(namespace), ", ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		l.Errorf("revisions (-want +got):\n%s", diff)
	}
}

// podNames are the running pods of a namespace.
func (l *lab) podNames(namespace string) []string {
	var names []string
	for _, p := range l.sortedPods() {
		if p.Namespace == namespace && !p.Deleting && p.Phase == "Running" {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	return names
}

func (l *lab) release(namespace, name string) checks.HelmRelease {
	l.Helper()
	r := l.releases[checks.NamespacedName{Namespace: namespace, Name: name}]
	if r == nil {
		l.Fatalf("no HelmRelease %s/%s", namespace, name)
	}
	return r.HelmRelease
}

// unconnected are the running proxies that no istiod knows.
func (l *lab) unconnected() []string {
	o := l.Observe()
	known := map[string]bool{}
	for _, i := range o.Istiods {
		for _, connection := range i.Connections {
			known[connection.Proxy] = true
		}
	}
	var lost []string
	for i := range o.Pods {
		p := &o.Pods[i]
		if p.Phase == "Running" && checks.InMesh(p) && !known[p.Name+"."+p.Namespace] {
			lost = append(lost, p.Namespace+"/"+p.Name)
		}
	}
	return lost
}

// snapshot is the cluster as far as Git decides it: every live object without what differs between two installs of the same.
func (l *lab) snapshot() map[string]string {
	found := map[string]string{}
	for id, o := range l.live {
		content := withMetadata(o.Object, o.Labels(), o.Annotations())
		if id.Kind == "Secret" {
			continue // keys stay behind in them
		}
		found[id.String()] = string(render.Objects{content}.YAML())
	}
	return found
}
