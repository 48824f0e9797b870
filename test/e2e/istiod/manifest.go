package istiod

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"

	"github.com/linnet-bot/linnet/test/e2e/binaries"
	"github.com/linnet-bot/linnet/test/e2e/process"
)

// Namespace is where istiods are.
const Namespace = "istio-system"

// Hub stands before the images; nobody pulls them.
const Hub = "registry.example/istio"

// Manifest is what istioctl makes of Istio's charts for one istiod: revision "" is the built-in one, which comes with the CRDs.
func Manifest(ctx context.Context, b binaries.Set, revision, version string, set ...string) ([]*unstructured.Unstructured, error) {
	args := []string{"manifest", "generate", "--set", "profile=minimal", "--set", "hub=" + Hub, "--set", "tag=" + version, "--set", "values.pilot.autoscaleEnabled=false",
		"--set", "values.pilot.env.PILOT_MAX_REQUESTS_PER_SECOND=100000"}
	if revision == "" {
		args = append(args, "--set", "values.defaultRevision=default") // the base chart's own default, which istioctl leaves out
	} else {
		// The CRDs and the default validator are the built-in one's, as in Big Bang.
		args = append(args, "--set", "revision="+revision, "--set", "components.base.enabled=false")
	}
	for _, s := range set {
		args = append(args, "--set", s)
	}
	text, err := exec.CommandContext(ctx, b.Istioctl, args...).Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			err = fmt.Errorf("%w: %s", err, failed.Stderr)
		}
		return nil, fmt.Errorf("istioctl manifest generate: %w", err)
	}
	return Read(text)
}

// Read reads the objects of a YAML stream.
func Read(text []byte) ([]*unstructured.Unstructured, error) {
	in := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	var all []*unstructured.Unstructured
	for {
		o := &unstructured.Unstructured{}
		if err := in.Decode(o); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if len(o.Object) > 0 {
			all = append(all, o)
		}
	}
}

// Applier applies objects of any kind, server-side.
type Applier struct {
	objects dynamic.Interface
	mapper  *restmapper.DeferredDiscoveryRESTMapper
}

// NewApplier makes one.
func NewApplier(config *rest.Config) (*Applier, error) {
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	found, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	return &Applier{objects, restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(found))}, nil
}

// Of is the client of a kind.
func (a *Applier) Of(kind schema.GroupVersionKind, namespace string) (dynamic.ResourceInterface, error) {
	mapping, err := a.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		a.mapper.Reset()
		mapping, err = a.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	}
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		return a.objects.Resource(mapping.Resource).Namespace(namespace), nil
	}
	return a.objects.Resource(mapping.Resource), nil
}

// Apply applies objects in their order. Kinds that a CRD among them makes are waited for.
func (a *Applier) Apply(ctx context.Context, all ...*unstructured.Unstructured) error {
	for _, o := range all {
		var to dynamic.ResourceInterface
		err := process.Await(ctx, 20*time.Second, "kind "+o.GetKind()+" is served", nil, func(context.Context) (err error) {
			to, err = a.Of(o.GroupVersionKind(), o.GetNamespace())
			return err
		})
		if err != nil {
			return err
		}
		// What has just been made (a kind, an account) is not known everywhere at once.
		err = process.Await(ctx, 20*time.Second, "apply", nil, func(ctx context.Context) error {
			_, err := to.Apply(ctx, o.GetName(), o, metav1.ApplyOptions{FieldManager: "e2e", Force: true})
			return err
		})
		if err != nil {
			return fmt.Errorf("apply %s %s/%s: %w", o.GetKind(), o.GetNamespace(), o.GetName(), err)
		}
	}
	return nil
}

// Delete deletes objects; those that are gone are fine.
func (a *Applier) Delete(ctx context.Context, all ...*unstructured.Unstructured) error {
	for _, o := range all {
		to, err := a.Of(o.GroupVersionKind(), o.GetNamespace())
		if err == nil {
			err = to.Delete(ctx, o.GetName(), metav1.DeleteOptions{})
		}
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("delete %s %s/%s: %w", o.GetKind(), o.GetNamespace(), o.GetName(), err)
		}
	}
	return nil
}
