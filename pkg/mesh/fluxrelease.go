package mesh

import (
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func helmReleaseOf(u *unstructured.Unstructured) checks.HelmRelease {
	f := fieldsOf(u)
	spec, status := f.in("spec"), f.in("status")
	out := checks.HelmRelease{
		FluxObject: fluxObjectOf(u), Interval: spec.duration("interval"),
		ChartVersion: spec.in("chart", "spec").text("version"),
		ChartRefKind: spec.in("chartRef").text("kind"), ChartRef: spec.in("chartRef").reference(u.GetNamespace()),
		LastAttemptedGeneration: status.number("lastAttemptedGeneration"), LastAttemptedRevision: status.text("lastAttemptedRevision"),
		LastAttemptedConfigDigest: status.text("lastAttemptedConfigDigest"),
		Failures:                  status.number("failures"), UpgradeFailures: status.number("upgradeFailures"), InstallFailures: status.number("installFailures"),
		Reconciling: f.condition("Reconciling").Status == "True", Drifted: f.condition("Drifted"), Remediated: f.condition("Remediated"),
	}
	if namespace, name, ok := strings.Cut(status.text("helmChart"), "/"); ok {
		out.Chart = checks.NamespacedName{Namespace: namespace, Name: name}
	}
	for _, s := range status.list("history") {
		out.History = append(out.History, checks.Snapshot{
			Version: int(s.number("version")), Status: s.text("status"), ChartVersion: s.text("chartVersion"), ConfigDigest: s.text("configDigest"),
			LastDeployed: s.time("lastDeployed"),
		})
	}
	return out
}

// withoutSecrets takes credentials out of the address of a repository: an observation is shown to people. The user of an SSH address is none; what stands behind a
// question mark may be one.
func withoutSecrets(address string) string {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme == "" || u.Host == "") && strings.ContainsAny(address, "@?#") { // it leads nowhere, and what looks like a name may be one
		return ""
	}
	if u.User == nil && !strings.ContainsAny(address, "?#") {
		return address
	}
	if user := u.User; user != nil && u.Scheme == "ssh" {
		u.User = url.User(user.Username())
	} else {
		u.User = nil
	}
	u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = "", false, "", ""
	return u.String()
}
