package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/test/e2e/istiod"
)

// observerAccount is what the chart calls the observer, and its account.
const observerAccount = "linnet-observer"

// chart renders charts/linnet with the observer alone, and gives its account and its rights.
func chart(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	loaded, err := loader.Load(filepath.Join("..", "..", "charts", "linnet"))
	if err != nil {
		t.Fatal(err)
	}
	values, err := chartutil.ToRenderValues(loaded, map[string]any{"image": map[string]any{"repository": "registry.example/linnet"}, "bot": map[string]any{"enabled": false}, "observer": map[string]any{"allow": []any{"linnet/linnet"}}},
		chartutil.ReleaseOptions{Name: "linnet", Namespace: "linnet", IsInstall: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := engine.Render(loaded, values)
	if err != nil {
		t.Fatal(err)
	}
	var all []*unstructured.Unstructured
	for name, text := range files {
		if strings.HasSuffix(name, ".txt") {
			continue
		}
		objects, err := istiod.Read([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, o := range objects {
			if slices.Contains([]string{"ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}, o.GetKind()) {
				all = append(all, o)
			}
		}
	}
	if len(all) < 3 {
		t.Fatalf("the chart has %d objects that give rights, want at least an account, a role and a binding", len(all))
	}
	return all
}

// account makes an account with the rights that the chart gives to the observer, for as long as a test lasts.
func (w *world) account(t *testing.T, namespace, name string) {
	t.Helper()
	objects := chart(t)
	if namespace != istiod.Namespace || name != observerAccount {
		objects = append([]*unstructured.Unstructured{accountObject(namespace, name)}, w.rolesFor(t, objects, namespace, name)...)
	}
	if err := w.applier.Apply(t.Context(), objects...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := w.applier.Delete(ctx, objects...); err != nil {
			t.Error(err)
		}
	})
}

func accountObject(namespace, name string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": map[string]any{"namespace": namespace, "name": name}}}
}

// rolesFor gives the same rights to another account.
func (w *world) rolesFor(t *testing.T, objects []*unstructured.Unstructured, namespace, name string) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for _, o := range objects {
		switch o.GetKind() {
		case "ClusterRole":
			o.SetName(namespace + "-" + name)
		case "ClusterRoleBinding":
			var b rbacv1.ClusterRoleBinding
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &b); err != nil {
				t.Fatal(err)
			}
			b.Name, b.RoleRef.Name = namespace+"-"+name, namespace+"-"+name
			b.Subjects = []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: namespace, Name: name}}
			changed, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&b)
			if err != nil {
				t.Fatal(err)
			}
			o.Object = changed
		default:
			continue
		}
		all = append(all, o)
	}
	return all
}

// TestTheChartsAccountSeesEverythingAndMayDoNothing asks the real API server, as the account of charts/linnet.
func TestTheChartsAccountSeesEverythingAndMayDoNothing(t *testing.T) {
	live.namespace(t, "shop", map[string]string{"istio-injection": "enabled"})
	live.deployment(t, "shop", "web", 2)
	live.ready(t, "shop", 2)
	e := live.eyesOf(t, istiod.Namespace, observerAccount)
	seen, r := e.until(t, checks.Preflight(upgrade), checks.Pass)
	if len(seen.MissingRights) > 0 {
		t.Errorf("it lacks rights: %q", seen.MissingRights)
	}
	t.Log(checks.Summary(r))

	token, err := live.apiToken(t.Context(), istiod.Namespace, observerAccount)
	if err != nil {
		t.Fatal(err)
	}
	as, err := dynamic.NewForConfig(live.As(token))
	if err != nil {
		t.Fatal(err)
	}
	refused, reads := 0, 0
	for _, kind := range kinds(t) {
		namespace := ""
		if kind.namespaced {
			namespace = "shop"
		}
		to := as.Resource(kind.resource).Namespace(namespace)
		about := kind.resource.String()
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(kind.kind)
		object.SetName("x")
		_, created := to.Create(t.Context(), object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		_, updated := to.Update(t.Context(), object, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}})
		_, patched := to.Patch(t.Context(), "x", "application/merge-patch+json", []byte("{}"), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
		deleted := to.Delete(t.Context(), "x", metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
		collection := to.DeleteCollection(t.Context(), metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}, metav1.ListOptions{})
		for verb, err := range map[string]error{"create": created, "update": updated, "patch": patched, "delete": deleted, "deletecollection": collection} {
			if harmless(kind.resource.Resource) && verb == "create" {
				continue
			}
			refused++
			if !apierrors.IsForbidden(err) {
				t.Errorf("%s %s: got %v, want that it is forbidden", verb, about, err)
			}
		}
		if _, err := as.Resource(kind.resource).List(t.Context(), metav1.ListOptions{Limit: 1}); err == nil {
			reads++
			if kind.resource.Resource == "secrets" || kind.resource.Resource == "configmaps" {
				t.Errorf("it may list %s", about)
			}
		}
	}
	t.Logf("%d writes of %d kinds are refused (403); %d kinds can be listed", refused, len(kinds(t)), reads)
	for _, verb := range []string{"get", "list", "watch"} {
		var err error
		secrets := as.Resource(schema.GroupVersionResource{Version: "v1", Resource: "secrets"}).Namespace(istiod.Namespace)
		switch verb {
		case "get":
			_, err = secrets.Get(t.Context(), "istio-ca-secret", metav1.GetOptions{})
		case "list":
			_, err = secrets.List(t.Context(), metav1.ListOptions{})
		case "watch":
			_, err = secrets.Watch(t.Context(), metav1.ListOptions{})
		}
		if !apierrors.IsForbidden(err) {
			t.Errorf("%s secrets: got %v, want that it is forbidden", verb, err)
		}
	}
	for _, sub := range []string{"exec", "portforward", "attach"} {
		err := live.asREST(t, token).Post().AbsPath("/api/v1/namespaces/istio-system/pods/x/" + sub).Do(t.Context()).Error()
		if !apierrors.IsForbidden(err) {
			t.Errorf("%s: got %v, want that it is forbidden", sub, err)
		}
	}
	err = live.asREST(t, token).Post().AbsPath("/api/v1/namespaces/istio-system/serviceaccounts/istiod/token").Body([]byte(`{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1"}`)).Do(t.Context()).Error()
	if !apierrors.IsForbidden(err) {
		t.Errorf("a token of istiod: got %v, want that it is forbidden", err)
	}
}

// harmless are reviews that every account may ask for, about itself.
func harmless(resource string) bool {
	return slices.Contains([]string{"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"}, resource)
}

type served struct {
	resource   schema.GroupVersionResource
	kind       schema.GroupVersionKind
	namespaced bool
}

// kinds are all that the API server serves, Istio's and Flux's too, in their preferred version.
func kinds(t *testing.T) []served {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(live.Admin)
	if err != nil {
		t.Fatal(err)
	}
	lists, err := client.ServerPreferredResources()
	if err != nil {
		t.Fatal(err)
	}
	var all []served
	for _, l := range lists {
		group, err := schema.ParseGroupVersion(l.GroupVersion)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range l.APIResources {
			if !strings.Contains(r.Name, "/") {
				all = append(all, served{group.WithResource(r.Name), group.WithKind(r.Kind), r.Namespaced})
			}
		}
	}
	if len(all) < 60 {
		t.Fatal(errors.New("only " + fmt.Sprint(len(all)) + " kinds"))
	}
	return all
}
