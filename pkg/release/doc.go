// Package release reads Big Bang releases from where they are kept: a git repository, remote or on disk.
//
// A release is a tag X.Y.Z whose commit says the same thing three times: the tag, the version in chart/Chart.yaml of a chart named
// bigbang, and spec.ref.tag in base/gitrepository.yaml. The repository also carries tags of other charts, tags put on the wrong commit,
// release candidates and strays; each of them is rejected with the reason, and never guessed at.
//
// A Source costs one advertisement of references per scan, then one fetch of the trees of the tags that are not known yet and one fetch
// of exactly the files that are needed of them, however many tags there are. What was read of a commit is kept on disk by commit, since a
// commit never changes. A server that offers no partial fetches is asked for the needed tags without their history.
//
// Releases are ordered by version. Dates do not order them: fixes for older minors are published after newer minors, and PublishedAfter
// names them.
//
// Packages reads the charts that a release installs (istiod, istio-gateway, …) from a folder of archives or from git. Compare says how two
// releases differ in Istio, and KubernetesRange which Kubernetes an Istio minor supports.
package release
