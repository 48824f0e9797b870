//go:build tools

// Package istio pins the one source snapshot of Istio (1.31-dev) from which
// the end-to-end tests build both istiods and istioctl. Two revisions of it
// differ in their version string only; every result says so.
package istio

import (
	_ "istio.io/istio/istioctl/cmd/istioctl"
	_ "istio.io/istio/pilot/cmd/pilot-discovery"
)
