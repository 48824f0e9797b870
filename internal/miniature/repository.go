package miniature

import "strings"

// Repository returns the files of a customer's GitOps repository at release 3.18.0, keyed by path.
//
// "git" is one environment, dev: it takes base/ from the umbrella's Git repository by ?ref=, its ConfigMaps come from generators, and it keeps a
// mission application of its own beside Big Bang.
//
// "helmRepo" is two, dev and prod, which share base/ and with it the release; the chart comes from a registry, values lie in literal ConfigMaps,
// and dev patches HelmRelease/bigbang with values and postRenderers of its own.
//
// Quirks that editing must survive: comments everywhere, a leading blank line, flow and block style side by side, list items with and without
// indentation, one file with CRLF line ends, several without a final newline.
//
// Any other flavour gives nil.
func Repository(flavour string) map[string][]byte {
	if flavour != "git" && flavour != "helmRepo" {
		return nil
	}
	return read("repositories/"+flavour, strings.NewReplacer())
}
