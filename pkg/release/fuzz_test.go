package release_test

import (
	"context"
	"testing"

	"github.com/linnet-bot/linnet/pkg/release"
)

// Whatever the three files hold, a tag is either a release that agrees with itself or rejected with a reason.
func FuzzFilesOfATag(f *testing.F) {
	good := bigbang("3.5.0", ambientSwitch+istiod("1.26.3-bb.1"))
	f.Add(good["chart/Chart.yaml"], good["chart/values.yaml"], good["base/gitrepository.yaml"])
	f.Add("name: bigbang\nversion: 3.5.0\n", "istiod: &a {git: *a}\n", "kind: GitRepository\nspec: {ref: {tag: 3.5.0}}\n")
	f.Add("name: bigbang\nversion: 3.5.0\n", "istiod:\n  git: {tag: 1.30}\n  enabled: yes\n", "---\n---\nkind: GitRepository\nspec:\n  ref: {tag: 3.5.0}\n")
	f.Add("", "\xff\xfe", "a: b: c\n")
	f.Add("- name\n", "istio: 7\nistiod: []\n", "kind: [GitRepository]\n")
	f.Fuzz(func(t *testing.T, chart, values, base string) {
		repo := newFixture(t)
		repo.release("3.5.0", "2025-08-21", map[string]string{"chart/Chart.yaml": chart, "chart/values.yaml": values, "base/gitrepository.yaml": base})
		repo.release("3.6.0", "2025-09-04", bigbang("3.6.0", istiod("1.27.0-bb.0")))
		got, err := open(t, release.Options{URL: repo.dir}).Scan(context.Background(), "")
		if err != nil {
			t.Fatalf("one odd tag makes the whole scan fail: %v", err)
		}
		if len(got.Releases)+len(got.Rejected) != 2 {
			t.Fatalf("two tags gave %d releases and %d rejections", len(got.Releases), len(got.Rejected))
		}
		for _, r := range got.Rejected {
			if r.Tag != "3.5.0" || r.Reason == "" {
				t.Errorf("rejected %q with reason %q", r.Tag, r.Reason)
			}
		}
		release.Compare(got.Releases[0], got.Releases[len(got.Releases)-1])
	})
}
