package charts_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/linnet-bot/linnet/pkg/config"
)

// loaded is the configuration that the bot of an installation gets, read as the program reads it.
func loaded(t *testing.T, text string) config.Config {
	t.Helper()
	all := of[corev1.ConfigMap](t, mustRender(t, text), "ConfigMap")
	if len(all) != 1 {
		t.Fatalf("there are %d ConfigMaps, want one", len(all))
	}
	c, err := config.Load("/etc/linnet/linnet.yaml", []byte(all[0].Data["linnet.yaml"]))
	if err != nil {
		t.Fatalf("the program refuses what the chart writes: %v\n%s", err, all[0].Data["linnet.yaml"])
	}
	return c
}

func TestTheProgramTakesWhatTheChartWrites(t *testing.T) {
	c := loaded(t, gitlab)
	if c.Webhooks.Listen != ":8080" || c.Store.Path != "/var/lib/linnet/history.db" || c.Releases.CacheDir != "/var/lib/linnet/releases" {
		t.Errorf("got %+v, %+v, %+v", c.Webhooks, c.Store, c.Releases)
	}
	if o := c.Environments[0].Cluster.Observer; o == nil || o.URL != "http://linnet-observer.istio-system.svc:8443" || o.TokenFile != "/etc/linnet/observer-token" || o.CAFile != "" {
		t.Errorf("the observer is %+v", o)
	}

	c = loaded(t, everything)
	if c.Forge.App.ID != 12345678 || c.Store.Path != "/var/lib/linnet/other.db" || len(c.Environments) != 2 || len(c.Environments[0].Waves) != 1 {
		t.Errorf("got %+v", c)
	}
	if o := c.Environments[0].Cluster.Observer; o == nil || o.URL != "https://linnet-observer.istio-system.svc:8443" || o.CAFile != "/etc/linnet/observer-ca.pem" {
		t.Errorf("the observer of dev/ is %+v", o)
	}
	if c.Environments[0].Cluster.KubernetesVersion != "1.34.1" {
		t.Errorf("what else is said of the cluster is lost: %+v", c.Environments[0].Cluster)
	}
	// An observer never answers for a cluster that is not its own.
	if o := c.Environments[1].Cluster.Observer; o == nil || o.URL != "https://observer.prod.example.com" {
		t.Errorf("the observer of prod is %+v", o)
	}

	c = loaded(t, botAlone)
	if c.Webhooks != nil || c.Environments[0].Cluster.Observer.TokenFile != "/etc/linnet/dev-token" {
		t.Errorf("got %+v", c)
	}
}

// What the configuration names is mounted, and what is written is not read-only.
func TestFilesOfTheConfigurationAreMounted(t *testing.T) {
	for _, text := range []string{gitlab, botAlone, everything} {
		c := loaded(t, text)
		for _, d := range of[appsv1.Deployment](t, mustRender(t, text), "Deployment") {
			if d.Name != "linnet-bot" {
				continue
			}
			pod := d.Spec.Template.Spec
			writable := func(file string) bool {
				for _, m := range pod.Containers[0].VolumeMounts {
					if strings.HasPrefix(file, m.MountPath+"/") {
						return !m.ReadOnly
					}
				}
				return false
			}
			for _, file := range []string{c.Store.Path, path.Join(c.Releases.CacheDir, "x"), "/tmp/x"} {
				if !writable(file) {
					t.Errorf("%s cannot be written", file)
				}
			}
			if writable("/etc/linnet/linnet.yaml") {
				t.Error("the configuration can be written")
			}
			var sources []string
			for _, s := range pod.Volumes[0].Projected.Sources {
				switch {
				case s.ConfigMap != nil:
					sources = append(sources, "ConfigMap "+s.ConfigMap.Name)
				case s.Secret != nil:
					sources = append(sources, "Secret "+s.Secret.Name)
					if len(s.Secret.Items) > 0 || s.Secret.Optional != nil {
						t.Errorf("not all of the Secret %s must be there", s.Secret.Name)
					}
				}
			}
			want := []string{"ConfigMap linnet-bot", "Secret linnet-credentials"}
			if text == everything {
				want = append(want, "Secret linnet-ca")
			}
			if !slices.Equal(sources, want) {
				t.Errorf("the files come from %q, want %q", sources, want)
			}
		}
	}
}

// The program reads its configuration when it starts, so a change must roll the pod, and nothing else may.
func TestAChangeOfTheConfigurationRollsTheBot(t *testing.T) {
	sum := func(text string) string {
		for _, d := range of[appsv1.Deployment](t, mustRender(t, text), "Deployment") {
			if d.Name == "linnet-bot" {
				return d.Spec.Template.Annotations["checksum/config"]
			}
		}
		return ""
	}
	before := sum(gitlab)
	if len(before) != 64 || sum(gitlab) != before || sum(gitlab+"istio: {enabled: true}\n") != before {
		t.Errorf("%q is not a sum of the configuration alone", before)
	}
	if sum(strings.Replace(gitlab, "state-key", "state-key-2", 1)) == before {
		t.Error("a change of the configuration does not roll the pod")
	}
}

// Ports of webhooks and observation are the same from the program to the Service.
func TestPortsLeadToThePrograms(t *testing.T) {
	for _, text := range []string{gitlab, observerAlone, everything} {
		m := mustRender(t, text)
		deployments := of[appsv1.Deployment](t, m, "Deployment")
		for _, s := range of[corev1.Service](t, m, "Service") {
			i := slices.IndexFunc(deployments, func(d appsv1.Deployment) bool { return d.Name == s.Name && d.Namespace == s.Namespace })
			if i < 0 {
				t.Fatalf("the Service %s is of no Deployment", s.Name)
			}
			d := deployments[i]
			for key, want := range s.Spec.Selector {
				if d.Spec.Template.Labels[key] != want || d.Spec.Selector.MatchLabels[key] != want {
					t.Errorf("the Service %s selects %s=%s, the pods have %q", s.Name, key, want, d.Spec.Template.Labels[key])
				}
			}
			port := s.Spec.Ports[0]
			container := d.Spec.Template.Spec.Containers[0]
			if len(s.Spec.Ports) != 1 || len(container.Ports) != 1 || container.Ports[0].Name != port.TargetPort.StrVal || container.Ports[0].ContainerPort != port.Port {
				t.Errorf("%s: the Service leads to %+v, the container has %+v", s.Name, s.Spec.Ports, container.Ports)
			}
			for _, probe := range []*corev1.Probe{container.LivenessProbe, container.ReadinessProbe} {
				if probe.HTTPGet.Port.StrVal != port.TargetPort.StrVal {
					t.Errorf("%s: a probe asks port %s", s.Name, probe.HTTPGet.Port.String())
				}
				tls := slices.ContainsFunc(container.Args, func(a string) bool { return strings.HasPrefix(a, "--tls-cert-file=") })
				if tls != (probe.HTTPGet.Scheme == corev1.URISchemeHTTPS) {
					t.Errorf("%s: TLS %t, but a probe asks by %q", s.Name, tls, probe.HTTPGet.Scheme)
				}
			}
		}
	}
}
