// Package gitops reads a customer's GitOps repository: what it applies to which cluster, where it keeps its Big Bang release, and what
// a change there would meet.
//
// An Environment is a folder with a Kustomization that Flux applies to one cluster and whose resources, followed to the end, hold
// HelmRelease/bigbang: a leaf overlay such as dev/, or a folder that nothing overlays. Everything is read twice where that is possible.
// First statically: the Kustomizations are followed in the order in which Kustomize applies them, each field of HelmRelease/bigbang and
// GitRepository/bigbang remembers the file, line and path it was written at, and so the last writer is known even where a file is
// missing or the release's own base/ is out of reach. Then, where nothing is missing and a release source is given, by building the
// folder as Flux would and proving the winner by trial: a sentinel written at a place must come out in the built object.
//
// Nothing here guesses. What cannot be read (encrypted, missing, supplied by the cluster) is listed as such with what follows from it,
// and a repository of another shape (Zarf, UDS, Quick-Start, the operator era) is named as what it is. Nothing here writes, decrypts or
// reaches the network, and no input makes it panic.
package gitops
