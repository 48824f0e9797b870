package checks

import (
	"fmt"
	"strings"
)

// sourcesFetched: each source of a package holds what its reference names now. A new tag changes nothing but this object, so right after it has
// changed everything else still shows Ready.
func (c *chain) sourcesFetched() Result {
	r := Result{Name: "sources", Question: "Has every package source been fetched at its reference?", Verdict: Pass, Found: count(len(c.sources), "source")}
	for _, s := range c.sources {
		v, why := s.behind()
		r = r.worsen(v, why)
	}
	return r
}

func (s sourceOf) behind() (Verdict, string) {
	switch {
	case s.Suspended:
		return Pass, ""
	case s.kind == "HelmRepository" && s.ObservedGeneration == 0 && s.Ready.Status == "":
		return Pass, "" // of type oci: nothing but a URL, which Flux does not look at by itself
	case s.ObservedGeneration != s.Generation:
		return Wait, s.String() + " has changed and not been fetched"
	case s.RefKind == "tag" && s.kind != "HelmRepository" && !strings.HasPrefix(s.Artifact, s.Ref+"@"):
		if s.Ready.Status == "False" {
			return Fail, fmt.Sprintf("%s cannot fetch %s%s", s, s.Ref, because(s.Ready.Message))
		}
		return Wait, fmt.Sprintf("%s wants %s and holds %s", s, s.Ref, short(s.Artifact))
	case s.Ready.Status == "False" && s.Artifact == "":
		return Fail, fmt.Sprintf("%s cannot be fetched%s", s, because(s.Ready.Message))
	}
	return Pass, ""
}

// worsen adds one finding. The first of the worst is the reason.
func (r Result) worsen(v Verdict, why string) Result {
	if worse(r.Verdict, v) != r.Verdict {
		r.Verdict, r.Reason = v, why
	}
	return r
}

// chartsPacked: each HelmChart was made from what its source holds now.
func (c *chain) chartsPacked() Result {
	r := Result{Name: "charts", Question: "Has every chart been packed from its source?", Verdict: Pass, Found: count(len(c.charts), "chart")}
	for _, h := range c.charts {
		if c.suspendedChart(h) {
			continue
		}
		if h.ObservedGeneration != h.Generation {
			r = r.worsen(Wait, "HelmChart/"+h.Name+" has changed and not been packed")
			continue
		}
		source := c.gitSource(h)
		if source != nil && !source.Suspended && h.ObservedSourceArtifactRevision != source.Artifact {
			r = r.worsen(Wait, fmt.Sprintf("HelmChart/%s was packed from %s, its source is at %s", h.Name, short(h.ObservedSourceArtifactRevision), short(source.Artifact)))
		}
	}
	return r
}

// gitSource is the source of a chart that is packed from Git. Charts of a repository are named by version instead.
func (c *chain) gitSource(h *HelmChart) *Source {
	if h.SourceKind != "GitRepository" {
		return nil
	}
	for i := range c.Flux.GitRepositories {
		if s := &c.Flux.GitRepositories[i]; s.Namespace == h.Namespace && s.Name == h.SourceName {
			return s
		}
	}
	return nil
}

func (c *chain) suspendedChart(h *HelmChart) bool {
	if h.Suspended {
		return true
	}
	for _, r := range c.releases {
		if r.Chart == (NamespacedName{h.Namespace, h.Name}) {
			return r.Suspended
		}
	}
	return false
}
