//go:build tools

// Package kubernetes pins the sources of the Kubernetes binaries that the
// end-to-end tests run. It is a module of its own because the API server and
// istiod want different versions of the same libraries.
package kubernetes

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kube-scheduler"
)
