package release_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/google/go-cmp/cmp"
	"github.com/linnet-bot/linnet/pkg/release"
)

const (
	allowFilter = "[uploadpack]\n\tallowFilter = true\n"
	allowAny    = "[uploadpack]\n\tallowAnySHA1InWant = true\n"
)

// smartHTTP serves repositories as a forge does, with git's own server program, and keeps what was asked.
type smartHTTP struct {
	handler http.Handler
	mutex   sync.Mutex
	asked   []string
	headers []http.Header
}

func newSmartHTTP(t testing.TB, root string) *smartHTTP {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("this test serves a repository with git http-backend, and git is not installed")
	}
	path, err := exec.Command(git, "--exec-path").Output()
	if err != nil {
		t.Skipf("git --exec-path: %v", err)
	}
	backend := filepath.Join(strings.TrimSpace(string(path)), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		t.Skipf("this test serves a repository with git http-backend, which is not installed: %v", err)
	}
	return &smartHTTP{handler: &cgi.Handler{
		Path: backend,
		Env: []string{
			"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "HOME=" + root, "GIT_CONFIG_NOSYSTEM=1",
			"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
		},
		Stderr: io.Discard,
	}}
}

func (s *smartHTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	what := r.URL.Path[strings.LastIndex(r.URL.Path, ".git/")+len(".git/"):]
	s.asked = append(s.asked, r.Method+" "+what)
	s.headers = append(s.headers, r.Header.Clone())
	s.mutex.Unlock()
	s.handler.ServeHTTP(w, r)
}

// take returns what was asked since the last call.
func (s *smartHTTP) take() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

func serve(t testing.TB, f *fixture) (*smartHTTP, string) {
	t.Helper()
	s := newSmartHTTP(t, filepath.Dir(f.dir))
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL + "/" + filepath.Base(f.dir)
}

var (
	advertise = "GET info/refs"
	pack      = "POST git-upload-pack"
)

func TestScanOfAServerTakesOneAdvertisementAndFewFetches(t *testing.T) {
	for _, row := range []struct {
		name, config string
		scan, folder []string
	}{
		{"partial fetches offered", allowFilter + allowAny, []string{advertise, pack, pack}, []string{pack, pack}},
		{"only what is reachable by hash", allowFilter + "[uploadpack]\n\tallowReachableSHA1InWant = true\n", []string{advertise, pack, pack}, []string{pack, pack}},
		{"no filter", allowAny, []string{advertise, pack}, []string{pack}},
		{"no blobs by hash", allowFilter, []string{advertise, pack}, []string{pack}},
		{"neither", "", []string{advertise, pack}, []string{pack}},
		// The offer is taken back: seen with uploadpackfilter rules on forges.
		{"filter offered and refused", allowFilter + allowAny + "[uploadpackfilter]\n\tallow = false\n", []string{advertise, pack, pack}, []string{pack}},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := traps(t)
			f.config(row.config)
			server, url := serve(t, f)
			s := open(t, release.Options{URL: url})
			got, err := s.Scan(context.Background(), "")
			if err != nil {
				t.Fatal(err)
			}
			checkTraps(t, got)
			if diff := cmp.Diff(row.scan, server.take()); diff != "" {
				t.Errorf("requests of a scan (-want +got):\n%s", diff)
			}
			chart, err := s.Chart(context.Background(), "3.30.0")
			if err != nil || len(chart) != 2 {
				t.Errorf("chart/ of 3.30.0 gives %d files and error %v, want 2 files", len(chart), err)
			}
			if diff := cmp.Diff(row.folder, server.take()); diff != "" {
				t.Errorf("requests of a folder (-want +got):\n%s", diff)
			}
			// A second scan asks only what is there: nothing is new.
			if _, err := s.Scan(context.Background(), ""); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestScanFetchesNeitherOtherFilesNorHistory(t *testing.T) {
	large := map[string]string{"docs/large.bin": incompressible(4 << 20)}
	for _, row := range []struct {
		name, config string
		beside       map[string]string // files of the release's own commit
	}{
		{"partial", allowFilter + allowAny, large},
		{"whole", "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := newFixture(t)
			f.config(row.config)
			files := bigbang("3.5.0", istiod("1.26.3-bb.1"))
			maps.Copy(files, row.beside)
			before := f.commit("2025-08-20", large)
			f.annotated("3.5.0", "2025-08-21", f.commit("2025-08-21", files, before), plumbing.CommitObject)
			server, url := serve(t, f)
			size := &sizing{handler: server}
			counted := httptest.NewServer(size)
			t.Cleanup(counted.Close)
			scanOne(t, release.Options{URL: counted.URL + url[strings.LastIndex(url, "/"):]})
			if size.sent > 64<<10 {
				t.Errorf("the server sent %d bytes for a release of about one kilobyte", size.sent)
			}
		})
	}
}

type sizing struct {
	handler http.Handler
	sent    int
}

func (s *sizing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handler.ServeHTTP(&sizedWriter{ResponseWriter: w, s: s}, r)
}

type sizedWriter struct {
	http.ResponseWriter
	s *sizing
}

func (w *sizedWriter) Write(p []byte) (int, error) {
	w.s.sent += len(p)
	return w.ResponseWriter.Write(p)
}

func incompressible(n int) string {
	b := make([]byte, n)
	x := uint64(88172645463325252)
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x)
	}
	return string(b)
}

func TestWhatWasReadIsKeptByCommit(t *testing.T) {
	f := traps(t)
	f.config(allowFilter + allowAny)
	server, url := serve(t, f)
	o := release.Options{URL: url, CacheDir: t.TempDir()}
	scan := func() release.Scan {
		t.Helper()
		got, err := open(t, o).Scan(context.Background(), "")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := scan()
	server.take()
	second := scan()
	if diff := cmp.Diff([]string{advertise}, server.take()); diff != "" {
		t.Errorf("requests of a scan with everything kept (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("what the cache gives differs (-server +cache):\n%s", diff)
	}
	// A new tag is the only one that is fetched.
	f.release("3.31.0", "2026-08-20", bigbang("3.31.0", istiod("1.30.3-bb.0")))
	third := scan()
	if diff := cmp.Diff([]string{advertise, pack, pack}, server.take()); diff != "" {
		t.Errorf("requests of a scan with one new tag (-want +got):\n%s", diff)
	}
	if got, want := len(third.Releases), len(first.Releases)+1; got != want {
		t.Errorf("after a new tag there are %d releases, want %d", got, want)
	}
	// A tag that was moved is another object: what was kept of the old one says nothing.
	f.release("3.30.0", "2026-08-07", bigbang("3.30.0", istiod("1.30.4-bb.0")))
	moved := scan()
	if got := moved.Releases[len(moved.Releases)-2]; got.Version != "3.30.0" || got.Istio() != "1.30.4" {
		t.Errorf("after its tag was moved %s has Istio %s, want 3.30.0 with 1.30.4", got.Version, got.Istio())
	}
}

func TestADamagedOrForeignCacheEntryIsFetchedAgain(t *testing.T) {
	f := newFixture(t)
	f.config(allowFilter + allowAny)
	f.release("3.5.0", "2025-08-21", bigbang("3.5.0", istiod("1.26.3-bb.1")))
	f.release("3.6.0", "2025-09-04", bigbang("3.6.0", istiod("1.27.0-bb.0")))
	server, url := serve(t, f)
	o := release.Options{URL: url, CacheDir: t.TempDir()}
	want, err := open(t, o).Scan(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := filepath.Glob(filepath.Join(o.CacheDir, "*", "*", "*.gz"))
	if err != nil || len(entries) != 2 {
		t.Fatalf("the cache holds %v (%v), want two entries", entries, err)
	}
	whole, err := os.ReadFile(entries[0])
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(entries[1])
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte(nil), whole...)
	flipped[len(flipped)/2] ^= 0x40
	for name, content := range map[string][]byte{
		"empty": {}, "cut": whole[:len(whole)/2], "flipped": flipped, "another commit's": other, "text": []byte("not an entry\n"),
		"edited": rewriteEntry(t, whole, "1.26.3-bb.1", "9.99.9-bb.9"), "huge": gzipped(t, "blob 99999999999\n"), "no objects": gzipped(t, ""),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(entries[0], content, 0o644); err != nil {
				t.Fatal(err)
			}
			server.take()
			got, err := open(t, o).Scan(context.Background(), "")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("releases (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{advertise, pack, pack}, server.take()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if healed, err := os.ReadFile(entries[0]); err != nil || string(healed) != string(whole) {
				t.Errorf("the entry is not as it was before it was damaged (%v)", err)
			}
		})
	}
}

func TestACacheThatCannotBeWrittenIsAnErrorThatNamesIt(t *testing.T) {
	f := newFixture(t)
	f.release("3.5.0", "2025-08-21", bigbang("3.5.0", istiod("1.26.3-bb.1")))
	_, url := serve(t, f)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := open(t, release.Options{URL: url, CacheDir: file}).Scan(context.Background(), "")
	if err == nil || !strings.Contains(err.Error(), "in the cache "+file) {
		t.Errorf("scan with a file as cache folder fails with %v, want an error that names it", err)
	}
}

func TestAScanThatIsStoppedSaysSo(t *testing.T) {
	f := newFixture(t)
	f.release("3.5.0", "2025-08-21", bigbang("3.5.0", istiod("1.26.3-bb.1")))
	_, url := serve(t, f)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, where := range []string{url, f.dir} {
		if _, err := open(t, release.Options{URL: where}).Scan(ctx, ""); !errors.Is(err, context.Canceled) {
			t.Errorf("a stopped scan of %s fails with %v, want context.Canceled", where, err)
		}
	}
}
