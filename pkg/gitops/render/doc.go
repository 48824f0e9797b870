// Package render works out what Flux would make of files, without a cluster: CPU only, no network, no clock.
//
// It follows the way from a Git repository to objects in three steps, each usable alone:
//
//   - Overlay builds a folder with Kustomize, as kustomize-controller does. Remote resources (the release's base/) come from a
//     Remotes function and never from the network; one it does not know is an error.
//   - Layers and Merge compose the values of a HelmRelease, as helm-controller does: valuesFrom in order, then spec.values.
//   - Chart.Render runs the Helm engine and PostRender applies spec.postRenderers; Release does all of it for one HelmRelease.
//
// Everything is decoded JSON: Object is one Kubernetes object, Objects a list of them in the order the cluster would get them.
// Objects that a function returns belong to the caller; objects given to a function are never changed.
//
// Two renders of the same input are equal wherever the input decides the output. Templates that draw random numbers or read the
// clock (genCA, randAlphaNum, now) break that, so Chart.Unstable names their objects and Changes.Without leaves them out.
//
// Helm and Kustomize write a few warnings through the standard log package, Helm's with chart values in them. A program that must not show them points that
// package's output elsewhere; its own logger need not go there.
package render
