package gitops

import (
	"path"
	"regexp"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// wellKnownBase stands in for the base/ of a release that was not read: what every base/ since 1.2.0 holds, no more. The tag is put in only
// for references that look like a release, since there the two are the same in every release since 1.2.0.
const wellKnownBase = `
kind: GitRepository
metadata: {name: bigbang, namespace: bigbang}
spec: {ref: {}}
---
kind: HelmRelease
metadata: {name: bigbang, namespace: bigbang}
spec:
  chart: {spec: {chart: chart, sourceRef: {kind: GitRepository, name: bigbang}}}
  valuesFrom:
  - {kind: Secret, name: terraform, optional: true}
  - {kind: Secret, name: common-bb}
  - {kind: ConfigMap, name: common}
  - {kind: Secret, name: environment-bb}
  - {kind: ConfigMap, name: environment}
---
kind: ConfigMap
metadata: {name: common, namespace: bigbang}
data: {values.yaml: ""}
---
kind: ConfigMap
metadata: {name: environment, namespace: bigbang}
data: {values.yaml: ""}
---
kind: Secret
metadata: {name: common-bb, namespace: bigbang}
data: {values.yaml: ""}
---
kind: Secret
metadata: {name: environment-bb, namespace: bigbang}
data: {values.yaml: ""}
`

var releaseNumber = regexp.MustCompile(`^(?:tags/)?(\d+\.\d+\.\d+)$`)

// releaseOf gives the version that a reference names, where it looks like a release.
func releaseOf(ref string) (string, bool) {
	m := releaseNumber.FindStringSubmatch(strings.TrimPrefix(ref, "refs/"))
	if m == nil {
		return "", false
	}
	return m[1], true
}

// isBigBangRepository tells the umbrella's repository by its name, whoever mirrors it.
func isBigBangRepository(repo string) bool {
	name := strings.TrimSuffix(path.Base(strings.ReplaceAll(strings.TrimRight(repo, "/"), ":", "/")), ".git")
	switch strings.ToLower(name) {
	case "bigbang", "big-bang", "umbrella":
		return true
	}
	return false
}

// remoteBase follows a remote entry: through its files where they are given, else through what every base/ is known to hold.
func (o *overlay) remoteBase(entry *located, url render.RemoteURL) {
	use := &remoteUse{url: url, entry: entry}
	use.umbrella = isBigBangRepository(url.Repo)
	use.bigBang = strings.Trim(url.Path, "/") == "base" && use.umbrella
	o.remote = append(o.remote, use)
	if o.remotes == nil {
		use.why = "no release source is given"
	} else if files, err := o.remotes(url); err != nil {
		use.why = err.Error()
	} else {
		use.read = true
		o.remoteFiles(use, files)
		return
	}
	if use.bigBang {
		o.standInBase(use)
	}
}

func (o *overlay) remoteFiles(use *remoteUse, files map[string][]byte) {
	sub := &overlay{tree: tree.New(files), dir: "."}
	if single, ok := files[""]; ok {
		sub.tree = tree.New(map[string][]byte{"file.yaml": single})
		sub.manifests("file.yaml", use.entry)
	} else {
		sub.file, _ = kustomizationFile(sub.tree, ".")
		sub.folder(".", use.entry)
	}
	for _, obj := range sub.objects {
		stamp(obj.root, use, path.Base("/"+use.url.Path)+"@"+use.url.Ref+"/")
		obj.remote = use
		if isUmbrella(obj) || isUmbrellaSource(obj) {
			use.bigBang = true
		}
	}
	o.objects = append(o.objects, sub.objects...)
	for _, obj := range sub.objects {
		o.record(obj, obj.root, "base")
	}
}

// stamp marks everything below l as coming from a remote base: it has a position to read about, and no path to edit.
func stamp(l *located, use *remoteUse, prefix string) {
	l.visit(func(_ []string, v *located) bool {
		if v.remote == nil {
			v.remote, v.path = use, nil
			v.pos.File = prefix + v.pos.File
		}
		return true
	})
}

func (o *overlay) standInBase(use *remoteUse) {
	p, err := parseText([]byte(wellKnownBase), origin{remote: use})
	if err != nil {
		return
	}
	for _, doc := range p.docs {
		doc.visit(func(_ []string, v *located) bool {
			v.pos = use.entry.pos
			return true
		})
		obj := &overlayObject{root: doc, standIn: true, remote: use}
		if version, ok := releaseOf(use.url.Ref); ok && obj.kind() == "GitRepository" {
			doc.get("spec", "ref").set("tag", &located{pos: use.entry.pos, kind: scalarKind, text: version, remote: use})
		}
		o.objects = append(o.objects, obj)
		o.record(obj, doc, "base")
	}
}
