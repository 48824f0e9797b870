package sim

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

type sourceKey struct {
	kind string
	checks.NamespacedName
}

// source is a GitRepository or HelmRepository as source-controller sees it.
type source struct {
	checks.Source
	kind        string
	environment bool      // the repository that is pushed to
	tree        tree.Tree // its files at the artifact
	static      bool      // an OCI registry: there is nothing to fetch and no status
	token       int       // of the poll that is due; an older one does nothing
	owner       owner
}

// there tells whether charts can be taken from the source.
func (s *source) there() bool { return s.static || s.Artifact != "" }

// sourceChanged follows a new spec: it is fetched, and until then the old artifact stands.
func (c *Cluster) sourceChanged(id render.ID, o *object) {
	key := sourceKey{id.Kind, named(id)}
	s := c.sources[key]
	if s == nil {
		s = &source{kind: id.Kind}
		s.Namespace, s.Name = id.Namespace, id.Name
		s.Ready = checks.Condition{Status: "Unknown", Reason: "Progressing", Since: c.now}
		c.sources[key] = s
	}
	s.owner = o.owner
	s.Generation = o.generation
	s.URL, _ = o.Get("spec", "url").(string)
	s.RefKind, s.Ref = reference(o.Object)
	s.Interval = duration(o.Object, time.Minute, "spec", "interval")
	s.Suspended = o.Get("spec", "suspend") == true
	if s.static = o.Get("spec", "type") == "oci"; s.static {
		s.Ready, s.Artifact = checks.Condition{}, ""
		c.packFrom(s)
		return
	}
	c.fetchIn(s, c.inTurn("fetch", fetchTime))
}

// reference is the winning entry of spec.ref.
func reference(o render.Object) (kind, value string) {
	if o.Kind() != "GitRepository" {
		return "", ""
	}
	for _, kind := range []string{"commit", "name", "semver", "tag", "branch"} {
		if value, _ := o.Get("spec", "ref", kind).(string); value != "" {
			return kind, value
		}
	}
	return "branch", "master"
}

func (c *Cluster) fetchIn(s *source, d time.Duration) {
	s.token++
	token := s.token
	c.after(d, func() {
		if c.sources[sourceKey{s.kind, checks.NamespacedName{Namespace: s.Namespace, Name: s.Name}}] == s && s.token == token && !s.Suspended {
			c.fetch(s)
		}
	})
}

// fetch looks at what the source refers to now.
func (c *Cluster) fetch(s *source) {
	was := s.Artifact
	revision, err := c.revision(s)
	s.ObservedGeneration = s.Generation
	if err != nil {
		s.Ready = condition(s.Ready, "False", "GitOperationFailed", err.Error(), c.now)
	} else {
		s.Artifact = revision
		s.Ready = condition(s.Ready, "True", "Succeeded", "stored artifact for revision '"+revision+"'", c.now)
	}
	c.fetchIn(s, s.Interval)
	if s.Artifact == was {
		return
	}
	for _, k := range c.sortedKustomizations() {
		if s.environment && k.source == s {
			c.after(triggerDelay, func() { c.reconcileKustomization(k) })
		}
	}
	c.packFrom(s)
}

// packFrom has every chart of a source packed again.
func (c *Cluster) packFrom(s *source) {
	for _, chart := range c.sortedCharts() {
		if chart.SourceKind == s.kind && chart.SourceName == s.Name && chart.Namespace == s.Namespace {
			c.after(c.inTurn("chart", chartTime), func() { c.buildChart(chart) })
		}
	}
}

func (c *Cluster) revision(s *source) (string, error) {
	switch {
	case s.environment:
		branch := s.Ref
		if s.RefKind != "branch" {
			branch = "main"
		}
		var commit string
		commit, s.tree = c.newest()
		return branch + "@sha1:" + commit, nil
	case s.kind == "HelmRepository":
		return "sha256:" + shortHash(s.URL), nil
	}
	if isUmbrella(s.URL) {
		if found := c.chartFiles("bigbang", strings.TrimPrefix(s.Ref, "tags/")); found.err != nil {
			return "", fmt.Errorf("failed to checkout and determine revision: %w", found.err)
		}
	}
	return s.Ref + "@sha1:" + shortHash(s.URL+" "+s.Ref), nil
}

func isUmbrella(url string) bool { return repositoryName(url) == "bigbang" }

// repositoryName is the last part of a URL without .git.
func repositoryName(url string) string {
	return strings.TrimSuffix(path.Base(strings.TrimSuffix(url, "/")), ".git")
}

func shortHash(s string) string {
	sum := sha1.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// condition keeps the time of the last transition.
func condition(was checks.Condition, status, reason, message string, now time.Time) checks.Condition {
	since := was.Since
	if was.Status != status {
		since = now
	}
	return checks.Condition{Status: status, Reason: reason, Message: message, Since: since}
}

// duration reads a Go duration such as 2m, with a default.
func duration(o render.Object, otherwise time.Duration, at ...string) time.Duration {
	s, _ := o.Get(at...).(string)
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return otherwise
	}
	return d
}
