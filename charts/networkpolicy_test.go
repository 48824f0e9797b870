package charts_test

import (
	"net/netip"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// place is one end of a connection: a pod, or an address outside the cluster.
type place struct {
	namespace string
	labels    map[string]string
	address   string
}

func pod(namespace string, pairs ...string) place {
	p := place{namespace: namespace, labels: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		p.labels[pairs[i]] = pairs[i+1]
	}
	return p
}

// ours is a pod of the chart.
func ours(namespace, component string) place {
	return pod(namespace, "app.kubernetes.io/name", "linnet", "app.kubernetes.io/instance", "linnet", "app.kubernetes.io/component", component)
}

func outside(address string) place { return place{address: address} }

var (
	theObserver = ours("istio-system", "observer")
	theBot      = ours("linnet", "bot")
	dns         = pod("kube-system", "k8s-app", "kube-dns")
	istiod      = pod("istio-system", "app", "istiod", "istio", "pilot", "app.kubernetes.io/name", "istiod")
	canary      = pod("istio-system", "app", "istiod", "istio", "istiod", "app.kubernetes.io/name", "istiod", "istio.io/rev", "1-30-3")
	gateway     = pod("istio-gateway", "app", "public-ingressgateway", "app.kubernetes.io/name", "public-ingressgateway", "istio", "ingressgateway")
	passthrough = pod("istio-gateway", "app", "passthrough-ingressgateway", "app.kubernetes.io/name", "passthrough-ingressgateway", "istio", "ingressgateway")
	prometheus  = pod("monitoring", "app.kubernetes.io/name", "prometheus")
)

// connects tells what NetworkPolicies make of a connection: both ends must let it through. A pod that no policy selects is open.
func connects(t testing.TB, policies []networkingv1.NetworkPolicy, from, to place, port int32, protocol corev1.Protocol) bool {
	t.Helper()
	leave, enter := true, true
	var leaves, enters bool
	for _, p := range policies {
		for _, kind := range p.Spec.PolicyTypes {
			switch {
			case kind == networkingv1.PolicyTypeEgress && selects(t, p, from):
				leave = false
				for _, rule := range p.Spec.Egress {
					leaves = leaves || anyPeer(t, rule.To, p.Namespace, to) && anyPort(rule.Ports, port, protocol)
				}
			case kind == networkingv1.PolicyTypeIngress && selects(t, p, to):
				enter = false
				for _, rule := range p.Spec.Ingress {
					enters = enters || anyPeer(t, rule.From, p.Namespace, from) && anyPort(rule.Ports, port, protocol)
				}
			}
		}
	}
	return (leave || leaves) && (enter || enters)
}

func selects(t testing.TB, p networkingv1.NetworkPolicy, at place) bool {
	t.Helper()
	return at.address == "" && p.Namespace == at.namespace && matches(t, &p.Spec.PodSelector, at.labels)
}

func matches(t testing.TB, s *metav1.LabelSelector, l map[string]string) bool {
	t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		t.Fatal(err)
	}
	return selector.Matches(labels.Set(l))
}

func anyPeer(t testing.TB, peers []networkingv1.NetworkPolicyPeer, own string, at place) bool {
	t.Helper()
	if len(peers) == 0 {
		return true // as the API has it: no peers are all of them
	}
	for _, p := range peers {
		switch {
		case p.IPBlock != nil:
			if at.address == "" {
				continue // that a block covers pods is left to the network; nobody may count on it
			}
			address := netip.MustParseAddr(at.address)
			inside := netip.MustParsePrefix(p.IPBlock.CIDR).Contains(address)
			for _, except := range p.IPBlock.Except {
				inside = inside && !netip.MustParsePrefix(except).Contains(address)
			}
			if inside {
				return true
			}
		case at.address != "":
		case p.NamespaceSelector == nil && at.namespace != own:
		case p.NamespaceSelector != nil && !matches(t, p.NamespaceSelector, map[string]string{"kubernetes.io/metadata.name": at.namespace}):
		case p.PodSelector != nil && !matches(t, p.PodSelector, at.labels):
		default:
			return true
		}
	}
	return false
}

func anyPort(ports []networkingv1.NetworkPolicyPort, port int32, protocol corev1.Protocol) bool {
	for _, p := range ports {
		if (p.Protocol == nil && protocol == corev1.ProtocolTCP || p.Protocol != nil && *p.Protocol == protocol) && (p.Port == nil || p.Port.IntVal == port) {
			return true
		}
	}
	return len(ports) == 0
}

// connection is one that must be possible, or must not.
type connection struct {
	name     string
	from, to place
	port     int32
	want     bool
}

func judge(t *testing.T, policies []networkingv1.NetworkPolicy, all []connection) {
	t.Helper()
	for _, c := range all {
		protocol := corev1.ProtocolTCP
		if c.port == 53 {
			protocol = corev1.ProtocolUDP
		}
		if got := connects(t, policies, c.from, c.to, c.port, protocol); got != c.want {
			t.Errorf("%s, port %d: got %t, want %t", c.name, c.port, got, c.want)
		}
	}
}

func TestWhoReachesWhom(t *testing.T) {
	always := []connection{
		{"observer to the API server's Service", theObserver, outside("10.0.0.1"), 443, true},
		{"observer to the API server", theObserver, outside("10.0.0.1"), 6443, true},
		{"observer to another port of it", theObserver, outside("10.0.0.1"), 22, false},
		{"observer to the cloud's metadata", theObserver, outside("169.254.169.254"), 443, false},
		{"observer to istiod", theObserver, istiod, 15012, true},
		{"observer to the canary's istiod", theObserver, canary, 15012, true},
		{"observer to istiod's debug port", theObserver, istiod, 15014, false},
		{"observer to some pod beside it", theObserver, pod("istio-system", "app", "other"), 15012, false},
		{"observer to an istiod elsewhere", theObserver, pod("shop", "app", "istiod"), 15012, false},
		{"observer to DNS", theObserver, dns, 53, true},
		{"observer to the bot", theObserver, theBot, 8080, false},
		{"some pod to the observer", pod("linnet", "app.kubernetes.io/name", "linnet"), theObserver, 8443, false},
		{"a pod that calls itself the bot", ours("shop", "bot"), theObserver, 8443, false},
		{"the world to the observer", outside("203.0.113.9"), theObserver, 8443, false},
		{"some pod to the bot", pod("shop", "app", "shop"), theBot, 8080, false},
		{"bot to DNS", theBot, dns, 53, true},
		{"bot to the cloud's metadata", theBot, outside("169.254.169.254"), 443, false},
		{"bot to the API server", theBot, outside("10.0.0.1"), 6443, false},
		{"bot's sidecar to istiod", theBot, istiod, 15012, true},
		{"bot's sidecar to the canary's istiod", theBot, canary, 15012, true},
		{"bot to istiod's debug port", theBot, istiod, 15014, false},
		{"gateway to the sidecar's figures", gateway, theBot, 15020, false},
	}
	for name, more := range map[string][]connection{
		"gitlab": {
			{"bot to the observer", theBot, theObserver, 8443, true},
			{"bot to another port of the observer", theBot, theObserver, 8080, false},
			{"bot to the forge", theBot, outside("203.0.113.9"), 443, true},
			{"bot to the forge by ssh", theBot, outside("203.0.113.9"), 22, false},
			{"gateway to the bot", gateway, theBot, 8080, false},
			{"gateway to the observer", passthrough, theObserver, 8443, false},
			{"Prometheus to the sidecar", prometheus, theBot, 15020, false},
		},
		"observer alone": {
			{"bot to the observer", theBot, theObserver, 8443, false},
		},
		"bot alone": {
			{"bot to the forge", theBot, outside("203.0.113.9"), 443, true},
		},
		"everything": {
			{"bot to the observer", theBot, theObserver, 8443, true},
			{"bot to the forge", theBot, outside("203.0.113.9"), 8443, true},
			{"bot to the other git server", theBot, outside("198.51.100.7"), 443, true},
			{"bot to the world", theBot, outside("192.0.2.1"), 443, false},
			{"bot to GitLab in the cluster", theBot, pod("gitlab", "app", "webservice"), 8181, true},
			{"gateway to the bot", gateway, theBot, 8080, true},
			{"another gateway to the bot", passthrough, theBot, 8080, false},
			{"the other ingress to the bot", pod("ingress", "app", "nginx"), theBot, 8080, true},
			{"gateway to the observer", passthrough, theObserver, 8443, true},
			{"another gateway to the observer", gateway, theObserver, 8443, false},
			{"pipeline to the observer", pod("gitlab-runner", "job", "1"), theObserver, 8443, true},
			{"Prometheus to the sidecar", prometheus, theBot, 15020, true},
			{"Prometheus to the bot", prometheus, theBot, 8080, false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := mustRender(t, installations[name])
			policies := of[networkingv1.NetworkPolicy](t, m, "NetworkPolicy")
			// What is not installed is not kept from anything.
			installed := map[string]bool{}
			for _, p := range policies {
				installed[p.Spec.PodSelector.MatchLabels["app.kubernetes.io/component"]] = true
				if len(p.Spec.PolicyTypes) != 2 {
					t.Errorf("%s: types %v; want both, so that the rest is denied", p.Name, p.Spec.PolicyTypes)
				}
			}
			var all []connection
			for _, c := range append(always, more...) {
				if (installed["observer"] || c.from.labels["app.kubernetes.io/component"] != "observer" && c.to.labels["app.kubernetes.io/component"] != "observer") &&
					(installed["bot"] || c.from.labels["app.kubernetes.io/component"] != "bot" && c.to.labels["app.kubernetes.io/component"] != "bot" || c.to.labels["app.kubernetes.io/component"] == "observer") {
					all = append(all, c)
				}
			}
			judge(t, policies, all)
		})
	}
}

// A policy on istiod's pods would close istiod to everybody whom it does not name: there must be none.
func TestNoPolicyTouchesOthers(t *testing.T) {
	for name, text := range installations {
		for _, p := range of[networkingv1.NetworkPolicy](t, mustRender(t, text), "NetworkPolicy") {
			for _, other := range []place{istiod, canary, pod("istio-system"), pod("linnet"), pod("linnet", "app.kubernetes.io/name", "linnet")} {
				if selects(t, p, other) {
					t.Errorf("%s: %s selects pods %v, which are not the chart's", name, p.Name, other.labels)
				}
			}
		}
	}
}
