// Package miniature holds a small stand-in for Big Bang, written for this project.
//
// It is what a person without access to the real charts can plan, simulate and demonstrate with: an umbrella chart in four releases, the
// package charts it installs, and a customer's GitOps repository in the two flavours of the official template. Names and structure are those
// of the real umbrella wherever Linnet depends on them (namespaces with istio-injection labels, a source and a HelmRelease per package, values
// Secrets with the keys common, defaults and overlays, the pod annotation bigbang.dev/istioVersion, one HelmRelease per gateway); everything
// else is left out, so that one render takes milliseconds.
//
// The releases are 3.17.0 (Istio 1.28.2), 3.18.0 (1.28.3), its backport 3.18.1, and 3.19.0 (1.29.0). Between 3.18 and 3.19 the miniature changes
// what the real one changes: a top-level value goes and another comes, the umbrella feeds istiod a value that the older package's schema
// refuses, and base/ uses a newer Flux field.
//
// All files are embedded as they are; where a file differs between releases only by a version, it holds a placeholder such as @ISTIO@.
package miniature

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed all:umbrella all:charts all:repositories
var files embed.FS

// read returns every file below dir, keyed by its path relative to dir, with the placeholders replaced.
func read(dir string, placeholders *strings.Replacer) map[string][]byte {
	found := map[string][]byte{}
	err := fs.WalkDir(files, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		found[strings.TrimPrefix(name, dir+"/")] = []byte(placeholders.Replace(string(content)))
		return nil
	})
	if err != nil {
		// The files are part of the program: a missing folder is a mistake in this package that its tests would show.
		return nil
	}
	return found
}

// Umbrella returns the files of one release as they lie in the umbrella's repository: chart/ and base/.
func Umbrella(version string) (map[string][]byte, error) {
	for _, r := range releases {
		if r.version == version {
			return r.umbrella(), nil
		}
	}
	return nil, fmt.Errorf("the miniature has no release %q; it has %s", version, strings.Join(Versions(), ", "))
}

// Versions lists the releases, lowest first.
func Versions() []string {
	var versions []string
	for _, r := range releases {
		versions = append(versions, r.version)
	}
	return versions
}

func (r release) umbrella() map[string][]byte {
	placeholders := r.placeholders()
	found := read("umbrella/common", placeholders)
	if r.overrides != "" {
		for name, content := range read(path.Join("umbrella", r.overrides), placeholders) {
			found[name] = content
		}
	}
	return found
}
