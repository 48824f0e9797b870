package render_test

import (
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

func TestARemoteBaseBuildsLikeTheSameFilesInTheRepository(t *testing.T) {
	remote := built(t, repo(environment), "dev", remotes(map[string]string{baseURL: base}))

	local := files(strings.Replace(environment, baseURL, "../upstream/base", 1))
	for name, content := range files(base) {
		local["upstream/base/"+name] = content
	}
	if diff := cmp.Diff(built(t, tree.New(local), "dev", nil), remote); diff != "" {
		t.Errorf("remote differs from local (-local +remote):\n%s", diff)
	}
	hr, ok := remote.Find("HelmRelease", "bigbang", "bigbang")
	if !ok {
		t.Fatal("no HelmRelease bigbang/bigbang")
	}
	name, _ := hr.Get("spec", "valuesFrom", "1", "name").(string)
	if _, ok := remote.Find("ConfigMap", "bigbang", name); !ok || !strings.HasPrefix(name, "common-") {
		t.Errorf("got values from ConfigMap %q, want the generated one with its hash", name)
	}
}

func TestARemoteThatNobodyHasIsRefusedWithItsPlace(t *testing.T) {
	tests := []struct {
		name, archive string
		remotes       render.Remotes
		want          string
	}{
		{
			name: "unknown release", archive: environment, remotes: remotes(nil),
			want: `build dev/kustomization.yaml:4: the remote resource ` + baseURL + ` is not at hand: release "1.2.0" is not known`,
		},
		{
			name: "no source of releases", archive: environment,
			want: `build dev/kustomization.yaml:4: the remote resource ` + baseURL + ` is not at hand: no source of releases is given; give one, or keep a copy in the repository`,
		},
		{
			name: "a patch by URL", remotes: remotes(nil),
			archive: "-- dev/kustomization.yaml --\nresources: [a.yaml]\npatches:\n- path: https://example.com/p.yaml\n-- dev/a.yaml --\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n",
			want:    `build dev/kustomization.yaml:3: the remote resource https://example.com/p.yaml is not at hand: only a release's base/ can be had; keep a copy of the file in the repository instead`,
		},
		{
			name: "a URL inside an inline transformer", remotes: remotes(nil),
			archive: "-- dev/kustomization.yaml --\nresources: [a.yaml]\ntransformers:\n- |\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: p}\n  path: https://example.com/p.yaml\n-- dev/a.yaml --\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n",
			want:    `build dev/kustomization.yaml: the remote resource https://example.com/p.yaml is not at hand: only a release's base/ can be had; keep a copy of the file in the repository instead`,
		},
		{
			name: "a remote inside a remote", remotes: remotes(map[string]string{baseURL: "-- kustomization.yaml --\nresources:\n- git@example.com:org/more.git/x?ref=2\n"}), archive: environment,
			want: `build ` + baseURL + `/kustomization.yaml:2: the remote resource git@example.com:org/more.git/x?ref=2 is not at hand: release "2" is not known`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := render.Overlay(repo(test.archive), "dev", test.remotes)
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestARemoteFileStandsForItself(t *testing.T) {
	const url = "https://git.example.com/org/repo/crds.yaml?ref=1"
	tr := repo("-- a/kustomization.yaml --\nresources: [\"" + url + "\"]\n")
	objs := built(t, tr, "a", func(render.RemoteURL) (map[string][]byte, error) {
		return map[string][]byte{"": []byte("apiVersion: v1\nkind: Namespace\nmetadata: {name: far}\n")}, nil
	})
	if got := sortedIDs(objs); !slices.Equal(got, []string{"Namespace far"}) {
		t.Errorf("got %v", got)
	}
}

const deprecated = `
-- base/kustomization.yaml --
resources: [d.yaml]
-- base/d.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: "web:1"}]}
-- old/kustomization.yaml --
bases: [../base]
namespace: prod
commonLabels: {owner: us}
patchesStrategicMerge:
- sm.yaml
- |-
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec: {paused: true}
patchesJson6902:
- target: {group: apps, version: v1, kind: Deployment, name: web, namespace: prod}
  path: json.yaml
-- old/sm.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: 3}
-- old/json.yaml --
- {op: add, path: /metadata/annotations, value: {seen: "yes"}}
`

// Kustomize writes warnings about deprecated fields to the program's standard error.
func TestDeprecatedFieldsBuildWithoutAWordOnStandardError(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = w
	objs, err := render.Overlay(repo(deprecated), "old", nil)
	os.Stderr = stderr
	_ = w.Close()
	said, _ := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(said) > 0 {
		t.Errorf("got %q on standard error, want nothing", said)
	}
	web, ok := objs.Find("Deployment", "prod", "web")
	if !ok {
		t.Fatalf("got %v, want Deployment prod/web", objs.IDs())
	}
	for path, want := range map[string]any{
		"spec replicas":                         int64(3),
		"spec paused":                           true,
		"metadata annotations seen":             "yes",
		"metadata labels owner":                 "us",
		"spec selector matchLabels owner":       "us",
		"spec template metadata labels owner":   "us",
		"spec template spec containers 0 image": "web:1",
		"spec template metadata labels app":     "web",
	} {
		if got := web.Get(strings.Fields(path)...); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

func TestAFolderWithoutAKustomizationIsBuiltWhole(t *testing.T) {
	tr := repo(`
-- apps/a.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: a}
-- apps/deep/b.yml --
apiVersion: v1
kind: Namespace
metadata: {name: b}
-- apps/own/kustomization.yaml --
namePrefix: x-
resources: [c.yaml]
-- apps/own/c.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
-- apps/own/unused.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: unused}
-- apps/notes.txt --
not YAML
`)
	want := []string{"ConfigMap x-c", "Namespace a", "Namespace b"}
	if got := sortedIDs(built(t, tr, "./apps/", nil)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	wantFiles := []string{"apps/a.yaml", "apps/deep/b.yml", "apps/own/c.yaml", "apps/own/kustomization.yaml"}
	if got := render.FilesUsed(tr, "apps"); !slices.Equal(got, wantFiles) {
		t.Errorf("files used: got %v, want %v", got, wantFiles)
	}
}

const everyField = `
-- dev/kustomization.yaml --
resources: [ns.yaml, ../shared, gone.yaml, "` + baseURL + `"]
components: [comp]
crds: [crd.json]
configurations: [names.yaml]
transformers: [t.yaml]
patches:
- path: p.yaml
patchesStrategicMerge: [sm.yaml]
patchesJson6902:
- target: {version: v1, kind: Namespace, name: a}
  path: j.yaml
replacements:
- path: r.yaml
configMapGenerator:
- name: c
  files: [values.yaml=v.yaml, missing.txt]
  envs: [c.env]
openapi: {path: schema.json}
helmCharts:
- name: h
  valuesFile: hv.yaml
-- dev/ns.yaml --
-- dev/comp/kustomization.yaml --
kind: Component
-- dev/crd.json --
-- dev/names.yaml --
-- dev/t.yaml --
apiVersion: builtin
kind: PatchTransformer
metadata: {name: p}
path: inner.yaml
-- dev/inner.yaml --
-- dev/p.yaml --
-- dev/sm.yaml --
-- dev/j.yaml --
-- dev/r.yaml --
-- dev/v.yaml --
-- dev/c.env --
-- dev/schema.json --
-- dev/hv.yaml --
-- dev/unused.yaml --
-- shared/Kustomization --
resources:
- also-gone
`

func TestFilesUsedAndMissingFollowEveryField(t *testing.T) {
	tr := repo(everyField)
	want := []string{
		"dev/c.env", "dev/comp/kustomization.yaml", "dev/crd.json", "dev/hv.yaml", "dev/inner.yaml", "dev/j.yaml", "dev/kustomization.yaml",
		"dev/names.yaml", "dev/ns.yaml", "dev/p.yaml", "dev/r.yaml", "dev/schema.json", "dev/sm.yaml", "dev/t.yaml", "dev/v.yaml", "shared/Kustomization",
	}
	if diff := cmp.Diff(want, render.FilesUsed(tr, "dev")); diff != "" {
		t.Errorf("files used (-want +got):\n%s", diff)
	}
	wantMissing := []render.MissingFile{
		{Path: "shared/also-gone", NeededBy: "shared/Kustomization", Line: 2},
		{Path: "dev/gone.yaml", NeededBy: "dev/kustomization.yaml", Line: 1},
		{Path: "dev/missing.txt", NeededBy: "dev/kustomization.yaml", Line: 16},
	}
	if diff := cmp.Diff(wantMissing, render.Missing(tr, "dev")); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	_, err := render.Overlay(tr, "dev", remotes(map[string]string{baseURL: base}))
	wantErr := "build dev: not in the repository: shared/also-gone (needed by shared/Kustomization:2), dev/gone.yaml (needed by dev/kustomization.yaml:1), dev/missing.txt (needed by dev/kustomization.yaml:16); add what is missing or drop its entry"
	if err == nil || err.Error() != wantErr {
		t.Errorf("got  %v\nwant %s", err, wantErr)
	}
}

func TestAnAbsentFolderIsMissing(t *testing.T) {
	if _, err := render.Overlay(repo(environment), "prod", nil); err == nil || !strings.Contains(err.Error(), "not in the repository: prod") {
		t.Errorf("got %v", err)
	}
	if got := render.FilesUsed(repo(environment), "prod"); len(got) > 0 {
		t.Errorf("got files %v, want none", got)
	}
}

func TestAnEntryCannotLeaveTheRepository(t *testing.T) {
	tr := repo("-- dev/kustomization.yaml --\nresources: [../../remote/0/secret.yaml, /etc/hostname]\n")
	_, err := render.Overlay(tr, "dev", nil)
	if err == nil || !strings.Contains(err.Error(), "not in the repository") {
		t.Errorf("got %v, want both entries missing", err)
	}
}

func TestASchemaOfOneRepositoryDoesNotReachTheNext(t *testing.T) {
	withSchema := repo(`
-- a/kustomization.yaml --
openapi: {path: schema.json}
resources: [d.yaml]
-- a/schema.json --
{"definitions": {}}
-- a/d.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: a}
`)
	plain := repo(`
-- a/kustomization.yaml --
resources: [d.yaml]
patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: d}
    spec: {template: {spec: {containers: [{name: b, image: b}]}}}
-- a/d.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec: {template: {spec: {containers: [{name: a, image: a}]}}}
`)
	built(t, withSchema, "a", nil)
	d, _ := built(t, plain, "a", nil).Find("Deployment", "", "d")
	if got, _ := d.Get("spec", "template", "spec", "containers").([]any); len(got) != 2 {
		t.Errorf("got %d containers, want 2: lists are merged by name only under Kubernetes' own schema", len(got))
	}
}

func TestBuildsAreIndependentOfEachOther(t *testing.T) {
	tr, r := repo(environment), remotes(map[string]string{baseURL: base})
	first := built(t, tr, "dev", r)
	want := first.Copy()
	first[0]["kind"] = "Changed"
	if diff := cmp.Diff(want, built(t, tr, "dev", r)); diff != "" {
		t.Errorf("a caller's change reached the next build:\n%s", diff)
	}
	edited := tr.With(tree.Change{Path: "dev/configmap.yaml", Content: []byte("domain: other.example.com\n")})
	if cmp.Equal(want, built(t, edited, "dev", r)) {
		t.Error("an edited file did not change the build")
	}
	moved := strings.Replace(base, "tag: 1.2.0", "tag: 1.2.1", 1)
	if cmp.Equal(want, built(t, tr, "dev", remotes(map[string]string{baseURL: moved}))) {
		t.Error("other remote content did not change the build")
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			objs, err := render.Overlay(tr, "dev", r)
			if err != nil || !cmp.Equal(want, objs) {
				t.Errorf("a build beside others differs: %v", err)
			}
		})
	}
	all.Wait()
}
