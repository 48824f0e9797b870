package mesh

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
)

// remote is one kind, in one version, at the API server.
type remote struct {
	schema.GroupVersionResource
	list  func(context.Context, metav1.ListOptions) (runtime.Object, error)
	watch func(context.Context, metav1.ListOptions) (watch.Interface, error)
}

// typed are objects of Go types.
func (c *clients) typed(gvr schema.GroupVersionResource, selector string) (remote, error) {
	api, err := c.api(gvr.GroupVersion())
	if err != nil {
		return remote{}, err
	}
	r := remote{GroupVersionResource: gvr}
	r.list = func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		o.FieldSelector = selector
		return api.Get().Resource(gvr.Resource).VersionedParams(&o, c.parameters).Do(ctx).Get()
	}
	r.watch = func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
		o.FieldSelector, o.Watch = selector, true
		return api.Get().Resource(gvr.Resource).VersionedParams(&o, c.parameters).Watch(ctx)
	}
	return r, nil
}

// untyped are objects as JSON has them.
func (c *clients) untyped(gvr schema.GroupVersionResource) remote {
	r := remote{GroupVersionResource: gvr}
	r.list = func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		list, err := c.dynamic.Resource(gvr).List(ctx, o)
		if err != nil {
			return nil, err
		}
		return list, nil
	}
	r.watch = func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
		return c.dynamic.Resource(gvr).Watch(ctx, o)
	}
	return r
}

// metadataOnly are objects of which nothing else is asked for.
func (c *clients) metadataOnly(gvr schema.GroupVersionResource) remote {
	r := remote{GroupVersionResource: gvr}
	r.list = func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		list, err := c.metadata.Resource(gvr).List(ctx, o)
		if err != nil {
			return nil, err
		}
		return list, nil
	}
	r.watch = func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
		return c.metadata.Resource(gvr).Watch(ctx, o)
	}
	return r
}

// servedAs lists the versions in which the API server has a kind.
func (c *clients) servedAs(ctx context.Context, kind schema.GroupResource) ([]string, error) {
	var group metav1.APIGroup
	if err := c.ask(ctx, &group, "/apis", kind.Group); apierrors.IsNotFound(err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var as []string
	for _, v := range group.Versions {
		var list metav1.APIResourceList
		if err := c.ask(ctx, &list, "/apis", kind.Group, v.Version); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(list.APIResources, func(r metav1.APIResource) bool { return r.Name == kind.Resource }) {
			as = append(as, v.Version)
		}
	}
	return as, nil
}

// ask reads what is no object.
func (c *clients) ask(ctx context.Context, into any, path ...string) error {
	text, err := c.core.Get().AbsPath(path...).SetHeader("Accept", "application/json").Do(ctx).Raw()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read %s: %w", strings.Join(path, "/"), err)
	}
	return nil
}

// serverVersion is "v1.33.2".
func (c *clients) serverVersion(ctx context.Context) (string, error) {
	var said struct{ GitVersion string }
	err := c.ask(ctx, &said, "/version")
	return said.GitVersion, err
}
