package release

import (
	"context"
	"errors"
	"time"
)

var (
	// ErrUnreachable is reached by errors of a source that could not be asked: no route, no name, no trust, no answer in time.
	ErrUnreachable = errors.New("unreachable")
	// ErrNoReleases is reached by errors of a source that answers and holds nothing that is a release.
	ErrNoReleases = errors.New("no releases")
	// ErrUnknownRelease is reached by errors about a version that the source does not have as a release.
	ErrUnknownRelease = errors.New("unknown release")
	// ErrNotAtHand says that a source of package charts does not have the chart asked for.
	ErrNotAtHand = errors.New("not at hand")
)

// Options say where releases are and how to get there.
type Options struct {
	// URL is https://, http://, ssh://, git@host:path, git://, file:// or a path on disk.
	URL string
	// CacheDir holds what was read of each commit; empty means nothing is kept.
	CacheDir string
	// CAFile holds PEM certificates to trust in addition to the system's.
	CAFile string
	// ProxyURL is used for http and https; empty means HTTPS_PROXY, HTTP_PROXY and NO_PROXY decide.
	ProxyURL string
	// CredentialsFile holds what Credentials describes.
	CredentialsFile string
	// Timeout bounds each exchange with the server; zero means DefaultTimeout.
	Timeout time.Duration
}

// DefaultTimeout is enough for a plain fetch of every tag over a slow line.
const DefaultTimeout = 10 * time.Minute

// Source reads the releases of one repository. It is safe for concurrent use.
type Source struct{ options Options }

// Open checks the options and connects to nothing.
func Open(o Options) (*Source, error) { return &Source{options: o}, nil }

// Scan reads every release from version since on ("" = all).
func (s *Source) Scan(ctx context.Context, since string) (Scan, error) {
	return Scan{}, ErrNoReleases
}

// Release reads one release.
func (s *Source) Release(ctx context.Context, version string) (Release, error) {
	return Release{}, ErrUnknownRelease
}

// Base returns the files of base/, by path relative to it.
func (s *Source) Base(ctx context.Context, version string) (map[string][]byte, error) {
	return s.Folder(ctx, version, "base")
}

// Chart returns the files of chart/, by path relative to it.
func (s *Source) Chart(ctx context.Context, version string) (map[string][]byte, error) {
	return s.Folder(ctx, version, "chart")
}

// Folder returns the files of a folder of the release's commit, by path relative to it.
func (s *Source) Folder(ctx context.Context, version, path string) (map[string][]byte, error) {
	return nil, ErrUnknownRelease
}
