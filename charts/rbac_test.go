package charts_test

import (
	"slices"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
)

// Promise 7: no write verb, no Secret, no wildcard, and nobody but the observer.
func TestTheClusterIsOnlyRead(t *testing.T) {
	for name, text := range installations {
		t.Run(name, func(t *testing.T) {
			m := mustRender(t, text)
			for _, kind := range []string{"Role", "RoleBinding"} {
				if len(of[rbacv1.Role](t, m, kind)) > 0 {
					t.Errorf("there is a %s, which this test does not judge", kind)
				}
			}
			for _, role := range of[rbacv1.ClusterRole](t, m, "ClusterRole") {
				if role.AggregationRule != nil {
					t.Errorf("%s takes its rights from others", role.Name)
				}
				for _, rule := range role.Rules {
					if !slices.Equal(rule.Verbs, []string{"get", "list", "watch"}) {
						t.Errorf("%s: verbs %v on %v; want get, list, watch", role.Name, rule.Verbs, rule.Resources)
					}
					if len(rule.NonResourceURLs) > 0 {
						t.Errorf("%s: rights on %v", role.Name, rule.NonResourceURLs)
					}
					for _, resource := range rule.Resources {
						if resource == "secrets" || resource == "serviceaccounts/token" || slices.Contains([]rune(resource), '*') || slices.Contains([]rune(resource), '/') {
							t.Errorf("%s: a right on %s", role.Name, resource)
						}
						if resource == "configmaps" && !slices.Equal(rule.ResourceNames, []string{"istio-ca-root-cert"}) {
							t.Errorf("%s: a right on all ConfigMaps, which hold what people put there", role.Name)
						}
					}
					if slices.Contains(rule.APIGroups, "*") || len(rule.APIGroups) != 1 {
						t.Errorf("%s: groups %v; want one", role.Name, rule.APIGroups)
					}
				}
			}
			for _, binding := range of[rbacv1.ClusterRoleBinding](t, m, "ClusterRoleBinding") {
				want := rbacv1.Subject{Kind: "ServiceAccount", Namespace: "istio-system", Name: "linnet-observer"}
				if len(binding.Subjects) != 1 || binding.Subjects[0] != want || binding.RoleRef.Name != "linnet-observer" || binding.RoleRef.Kind != "ClusterRole" {
					t.Errorf("%s binds %+v to %+v", binding.Name, binding.RoleRef, binding.Subjects)
				}
			}
		})
	}
}
