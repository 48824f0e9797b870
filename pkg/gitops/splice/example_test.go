package splice_test

import (
	"fmt"

	"github.com/linnet-bot/linnet/pkg/gitops/splice"
)

func ExampleSet() {
	src := []byte(`data:
  values.yaml: |
    istiod:   # the control plane
      git: {tag: "1.28.3-bb.0"}
`)
	tag := splice.Path{splice.Key("data"), splice.Key("values.yaml"), splice.Inner(), splice.Key("istiod"), splice.Key("git"), splice.Key("tag")}
	out, err := splice.Set(src, tag, "1.29.0-bb.1")
	fmt.Printf("%s%v\n", out, err)
	_, err = splice.Set(src, tag[:5], "1.29.0-bb.1")
	fmt.Println(err)
	// Output:
	// data:
	//   values.yaml: |
	//     istiod:   # the control plane
	//       git: {tag: "1.29.0-bb.1"}
	// <nil>
	// data["values.yaml"] > istiod.git (line 4, column 12): this is a mapping, not a single value
}

func ExampleInsertItem() {
	src := []byte(`resources: [base]
patches:
- path: values.yaml
# keep this file small`)
	out, err := splice.InsertItem(src, splice.Path{splice.Key("patches")}, -1, "path: canary/values.yaml\ntarget:\n  kind: HelmRelease")
	fmt.Printf("%s\n%v\n", out, err)
	// Output:
	// resources: [base]
	// patches:
	// - path: values.yaml
	// - path: canary/values.yaml
	//   target:
	//     kind: HelmRelease
	// # keep this file small
	// <nil>
}
