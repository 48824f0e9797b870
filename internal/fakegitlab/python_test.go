package fakegitlab

import (
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPythonGitLabReviewsAndMerges holds the fake against a client that others have written.
func TestPythonGitLabReviewsAndMerges(t *testing.T) {
	const python = "/usr/bin/python3" // Debian's, which has Debian's packages
	if exec.CommandContext(t.Context(), python, "-c", "import gitlab").Run() != nil {
		t.Skip("python-gitlab is not installed (Debian: apt-get install python3-gitlab)")
	}
	s, pat := fake(t, Options{Settings: Settings{PipelineMustSucceed: true}})
	front := httptest.NewServer(s)
	t.Cleanup(front.Close)
	first, err := s.FirstCommit("README", "x\n")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), python, "testdata/review.py", front.URL, pat.Token, "acme/platform/gitops", first).CombinedOutput()
	want := strings.TrimLeft(`
user pat
project acme/platform/gitops main
opened 1 opened True
again 409
none 404
notes ['note 0', 'note 1', 'note 2', 'note 3', 'note 4']
edited changed
award ['eyes']
no award []
status running linnet/gate
not yet 405
another head 409
merged merged
`, "\n")
	if diff := cmp.Diff(want, string(out)); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
