package mesh

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/linnet-bot/linnet/pkg/checks"
)

const (
	groupSource    = "source.toolkit.fluxcd.io"
	groupKustomize = "kustomize.toolkit.fluxcd.io"
	groupHelm      = "helm.toolkit.fluxcd.io"
)

func fluxObjectOf(u *unstructured.Unstructured) checks.FluxObject {
	f := fieldsOf(u)
	return checks.FluxObject{
		Namespace: intern(u.GetNamespace()), Name: intern(u.GetName()),
		Generation: u.GetGeneration(), ObservedGeneration: f.in("status").number("observedGeneration"), Suspended: f.in("spec").flag("suspend"),
		Release: named(u.GetLabels(), groupHelm), Kustomization: named(u.GetLabels(), groupKustomize),
		Ready: f.condition("Ready"),
	}
}

// references are the fields of spec.ref, the one that wins first.
var references = map[string][]string{
	"GitRepository": {"commit", "name", "semver", "tag", "branch"},
	"OCIRepository": {"digest", "semver", "tag"},
}

// unsaid is what Flux takes where spec.ref says nothing.
var unsaid = map[string]struct{ kind, value string }{"GitRepository": {"branch", "master"}, "OCIRepository": {"tag", "latest"}}

// sourceOf reads a GitRepository, HelmRepository or OCIRepository.
func sourceOf(u *unstructured.Unstructured) checks.Source {
	f := fieldsOf(u)
	spec := f.in("spec")
	out := checks.Source{
		FluxObject: fluxObjectOf(u), URL: withoutSecrets(spec.text("url")), Interval: spec.duration("interval"),
		Artifact: f.in("status", "artifact").text("revision"),
	}
	for _, kind := range references[u.GetKind()] {
		if value := spec.in("ref").text(kind); value != "" && out.RefKind == "" {
			out.RefKind, out.Ref = kind, value
		}
	}
	if out.RefKind == "" {
		out.RefKind, out.Ref = unsaid[u.GetKind()].kind, unsaid[u.GetKind()].value
	}
	return out
}

func kustomizationOf(u *unstructured.Unstructured) checks.Kustomization {
	f := fieldsOf(u)
	spec, status := f.in("spec"), f.in("status")
	from := spec.in("sourceRef")
	return checks.Kustomization{
		FluxObject: fluxObjectOf(u), Path: spec.text("path"), SourceKind: from.text("kind"), Source: from.reference(u.GetNamespace()),
		Prune: spec.flag("prune"), Interval: spec.duration("interval"),
		LastAppliedRevision: status.text("lastAppliedRevision"), LastAttemptedRevision: status.text("lastAttemptedRevision"),
	}
}

// reference reads the name of an object that is in this namespace unless it says otherwise; zero where nothing is named.
func (f fields) reference(namespace string) checks.NamespacedName {
	if f.text("name") == "" {
		return checks.NamespacedName{}
	}
	return checks.NamespacedName{Namespace: or(f.text("namespace"), namespace), Name: f.text("name")}
}

func helmChartOf(u *unstructured.Unstructured) checks.HelmChart {
	f := fieldsOf(u)
	from := f.in("spec", "sourceRef")
	return checks.HelmChart{
		FluxObject: fluxObjectOf(u), SourceKind: from.text("kind"), SourceName: from.text("name"),
		ObservedSourceArtifactRevision: f.in("status").text("observedSourceArtifactRevision"), Artifact: f.in("status", "artifact").text("revision"),
	}
}
