package gitops

import "github.com/linnet-bot/linnet/pkg/gitops/render"

// remoteUse is one remote reference in a Kustomization.
type remoteUse struct {
	url   render.RemoteURL
	entry *located // the text in resources: or bases:
	// umbrella: it is in a Big Bang repository; bigBang: it is that repository's base/.
	umbrella bool
	bigBang  bool
	// read: its files were given. Otherwise the well-known contents of base/ stand in, where it is Big Bang's.
	read bool
	why  string // why it was not read
}

// replacementUse is one Kustomize replacement that wrote a field.
type replacementUse struct {
	entry  *located
	source *located
}
