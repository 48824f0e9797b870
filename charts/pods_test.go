package charts_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// eachPod hands over each pod template of each installation, with the Deployment it is of.
func eachPod(t *testing.T, judge func(t *testing.T, d appsv1.Deployment, container corev1.Container)) {
	t.Helper()
	for name, text := range installations {
		for _, d := range of[appsv1.Deployment](t, mustRender(t, text), "Deployment") {
			t.Run(name+"/"+d.Name, func(t *testing.T) {
				spec := d.Spec.Template.Spec
				if len(spec.Containers) != 1 || len(spec.InitContainers)+len(spec.EphemeralContainers) > 0 {
					t.Fatalf("got %d containers and %d others, want one", len(spec.Containers), len(spec.InitContainers)+len(spec.EphemeralContainers))
				}
				judge(t, d, spec.Containers[0])
			})
		}
	}
}

// Each field of the standard "restricted" of Pod Security; what must be left out is compared with nothing.
func TestPodsAreRestricted(t *testing.T) {
	eachPod(t, func(t *testing.T, d appsv1.Deployment, c corev1.Container) {
		spec := d.Spec.Template.Spec
		p, s := spec.SecurityContext, c.SecurityContext
		if p == nil || s == nil {
			t.Fatal("no security context")
		}
		for what, bad := range map[string]bool{
			"host namespaces":                  spec.HostNetwork || spec.HostPID || spec.HostIPC,
			"privileged":                       s.Privileged == nil || *s.Privileged,
			"capabilities are not all dropped": s.Capabilities == nil || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) || len(s.Capabilities.Add) > 0,
			"host ports":                       slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.HostPort != 0 || p.HostIP != "" }),
			"AppArmor":                         p.AppArmorProfile != nil || s.AppArmorProfile != nil,
			"SELinux":                          p.SELinuxOptions != nil || s.SELinuxOptions != nil,
			"/proc":                            s.ProcMount != nil,
			"sysctls":                          len(p.Sysctls) > 0,
			"Windows":                          p.WindowsOptions != nil || s.WindowsOptions != nil,
			"may gain privileges":              s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation,
			"may be root":                      p.RunAsNonRoot == nil || !*p.RunAsNonRoot || s.RunAsNonRoot == nil || !*s.RunAsNonRoot,
			"is root":                          p.RunAsUser == nil || *p.RunAsUser == 0 || s.RunAsUser == nil || *s.RunAsUser == 0,
			"seccomp": p.SeccompProfile == nil || p.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault ||
				s.SeccompProfile == nil || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault,
			"hooks or probes at another host": c.Lifecycle != nil || hostOf(c.LivenessProbe) != "" || hostOf(c.ReadinessProbe) != "",
		} {
			if bad {
				t.Errorf("not restricted: %s", what)
			}
		}
		for _, v := range spec.Volumes {
			for kind := range nonNil(v.VolumeSource) {
				if !slices.Contains([]string{"ConfigMap", "CSI", "DownwardAPI", "EmptyDir", "Ephemeral", "PersistentVolumeClaim", "Projected", "Secret"}, kind) {
					t.Errorf("not restricted: the volume %s is a %s", v.Name, kind)
				}
			}
		}
		// Beyond "restricted": what Big Bang's policies, and good sense, ask too.
		for what, bad := range map[string]bool{
			"the root file system can be written":      s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem,
			"the group is root":                        p.RunAsGroup == nil || *p.RunAsGroup == 0 || s.RunAsGroup == nil || *s.RunAsGroup == 0 || p.FSGroup == nil || *p.FSGroup == 0,
			"a token is mounted unasked":               spec.AutomountServiceAccountToken == nil || *spec.AutomountServiceAccountToken,
			"addresses of Services in the environment": spec.EnableServiceLinks == nil || *spec.EnableServiceLinks,
			"runs as the default account":              spec.ServiceAccountName == "" || spec.ServiceAccountName == "default",
		} {
			if bad {
				t.Error(what)
			}
		}
	})
}

func hostOf(p *corev1.Probe) string {
	if p == nil || p.HTTPGet == nil {
		return ""
	}
	return p.HTTPGet.Host
}

// nonNil are the names of the pointer fields that are set.
func nonNil(v any) map[string]bool {
	set := map[string]bool{}
	for r, i := reflect.ValueOf(v), 0; i < r.NumField(); i++ {
		if !r.Field(i).IsNil() {
			set[r.Type().Field(i).Name] = true
		}
	}
	return set
}

func TestAccountsMountNothing(t *testing.T) {
	for name, text := range installations {
		for _, a := range of[corev1.ServiceAccount](t, mustRender(t, text), "ServiceAccount") {
			if a.AutomountServiceAccountToken == nil || *a.AutomountServiceAccountToken {
				t.Errorf("%s: pods of %s get a token unasked", name, a.Name)
			}
		}
	}
}

// Which tokens there are: the bot holds none that opens the API server, and the observer none that opens more than it must.
func TestTokensAreForOnePurposeEach(t *testing.T) {
	want := map[string]string{
		"gitlab/linnet-observer": "api: /token; istiod: istio-ca/istio-token", "gitlab/linnet-bot": "config: linnet-observer/observer-token",
		"observer alone/linnet-observer": "api: /token; istiod: istio-ca/istio-token", "bot alone/linnet-bot": "",
		"everything/linnet-observer": "api: /token; istiod: istio-ca/istio-token", "everything/linnet-bot": "config: observer.dev/observer-token",
	}
	eachPod(t, func(t *testing.T, d appsv1.Deployment, _ corev1.Container) {
		var tokens []string
		for _, v := range d.Spec.Template.Spec.Volumes {
			if v.Projected == nil {
				continue
			}
			for _, s := range v.Projected.Sources {
				if s.ServiceAccountToken != nil {
					tokens = append(tokens, fmt.Sprintf("%s: %s/%s", v.Name, s.ServiceAccountToken.Audience, s.ServiceAccountToken.Path))
					if e := s.ServiceAccountToken.ExpirationSeconds; e == nil || *e != 3600 {
						t.Errorf("the token %s does not end after an hour", s.ServiceAccountToken.Path)
					}
				}
			}
		}
		name := strings.TrimPrefix(t.Name(), "TestTokensAreForOnePurposeEach/")
		expected, known := want[strings.ReplaceAll(name, "_", " ")]
		if got := strings.Join(tokens, "; "); !known || got != expected {
			t.Errorf("got %q, want %q", got, expected)
		}
	})
}

// The observer knows no forge: no Secret but the one of its certificate, no environment, and nothing of bot.config. Nor does anything else hold credentials.
func TestCredentialsAreOnlyFilesOfTheBot(t *testing.T) {
	eachPod(t, func(t *testing.T, d appsv1.Deployment, c corev1.Container) {
		if len(c.Env)+len(c.EnvFrom) > 0 {
			t.Errorf("there is an environment: %v %v", c.Env, c.EnvFrom)
		}
		if d.Name != "linnet-observer" {
			return
		}
		for _, v := range d.Spec.Template.Spec.Volumes {
			if v.Secret != nil && v.Secret.SecretName != "linnet-observer-tls" || v.PersistentVolumeClaim != nil || v.CSI != nil || v.ConfigMap != nil {
				t.Errorf("the observer has the volume %s", v.Name)
			}
			if v.Projected == nil {
				continue
			}
			for _, s := range v.Projected.Sources {
				if s.Secret != nil || s.ConfigMap != nil && s.ConfigMap.Name != "kube-root-ca.crt" {
					t.Errorf("the observer's volume %s has a Secret or a ConfigMap of others", v.Name)
				}
			}
		}
		for _, arg := range c.Args {
			if strings.Contains(arg, "forge") || strings.Contains(arg, "config") {
				t.Errorf("the observer is told %s", arg)
			}
		}
	})
	for name, text := range installations {
		if secrets := of[corev1.Secret](t, mustRender(t, text), "Secret"); len(secrets) > 0 {
			t.Errorf("%s: the chart makes a Secret", name)
		}
	}
}

// Every mount has its volume, every volume is mounted, and everything that is written to has a place of its own.
func TestVolumesAndMountsBelongTogether(t *testing.T) {
	eachPod(t, func(t *testing.T, d appsv1.Deployment, c corev1.Container) {
		volumes := map[string]bool{}
		for _, v := range d.Spec.Template.Spec.Volumes {
			volumes[v.Name] = false
		}
		for _, m := range c.VolumeMounts {
			if mounted, exists := volumes[m.Name]; !exists || mounted || m.SubPath != "" {
				t.Errorf("the mount %s at %s: exists %t, mounted before %t, sub-path %q (with which files are not renewed)", m.Name, m.MountPath, exists, mounted, m.SubPath)
			}
			volumes[m.Name] = true
		}
		for name, mounted := range volumes {
			if !mounted {
				t.Errorf("the volume %s is mounted nowhere", name)
			}
		}
	})
}

// Big Bang's policies: requests equal limits, a tag that says something, probes where there is a port.
func TestWhatBigBangAsksOfPods(t *testing.T) {
	eachPod(t, func(t *testing.T, d appsv1.Deployment, c corev1.Container) {
		for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			request, limit := c.Resources.Requests[name], c.Resources.Limits[name]
			if request.Cmp(limit) != 0 || request.Cmp(resource.Quantity{}) <= 0 {
				t.Errorf("%s: requests %s, limits %s; want the same, and more than nothing", name, &request, &limit)
			}
		}
		repository, rest, _ := strings.Cut(c.Image, ":")
		tag, _, _ := strings.Cut(rest, "@")
		if repository != "registry.example.com/linnet/linnet" || tag == "" || tag == "latest" {
			t.Errorf("the image is %q", c.Image)
		}
		if (len(c.Ports) > 0) != (c.LivenessProbe != nil) || (c.LivenessProbe != nil) != (c.ReadinessProbe != nil) {
			t.Errorf("%d ports, liveness %t, readiness %t", len(c.Ports), c.LivenessProbe != nil, c.ReadinessProbe != nil)
		}
		if d.Spec.Replicas == nil || *d.Spec.Replicas != 1 {
			t.Error("want one replica")
		}
		if bot := d.Name == "linnet-bot"; bot != (d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType) {
			t.Errorf("the strategy is %q", d.Spec.Strategy.Type)
		}
	})
}

// The observer has no sidecar; the bot has one if its namespace says so, which policies forbid it to refuse.
func TestSidecars(t *testing.T) {
	eachPod(t, func(t *testing.T, d appsv1.Deployment, _ corev1.Container) {
		inject, said := d.Spec.Template.Labels["sidecar.istio.io/inject"]
		if want := d.Name == "linnet-observer"; said != want || want && inject != "false" {
			t.Errorf("sidecar.istio.io/inject is %q (%t)", inject, said)
		}
		for key := range d.Spec.Template.Annotations {
			if strings.Contains(key, "istio.io") {
				t.Errorf("there is the annotation %s", key)
			}
		}
	})
}

// An audit log that goes with a helm uninstall, or with a change of one value, is none.
func TestHistoryOutlivesTheRelease(t *testing.T) {
	claims := of[corev1.PersistentVolumeClaim](t, mustRender(t, gitlab), "PersistentVolumeClaim")
	if len(claims) != 1 || claims[0].Annotations["helm.sh/resource-policy"] != "keep" {
		t.Errorf("Helm deletes the claim: %+v", claims)
	}
}
