package release

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Masterminds/semver/v3"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/plumbing/transport"
)

var (
	// ErrUnreachable is reached by errors of a server that could not be asked: no route, no name, no trust, no answer, no entry.
	ErrUnreachable = errors.New("unreachable")
	// ErrNoReleases is reached by errors of a source that answers and holds nothing that is a release.
	ErrNoReleases = errors.New("no releases")
	// ErrUnknownRelease is reached by errors about a version that the source does not have as a release.
	ErrUnknownRelease = errors.New("unknown release")
)

// Options say where releases are and how to get there.
type Options struct {
	// URL is https://, http://, ssh://, git@host:path, git://, file:// or a path on disk. It may not hold credentials.
	URL string
	// CacheDir holds what was read of each commit of a server; empty means nothing is kept.
	CacheDir string
	// CAFile holds PEM certificates to trust in addition to the system's.
	CAFile string
	// ClientCertFile and ClientKeyFile hold, in PEM, the certificate that the server or a proxy before it asks for; both or neither.
	ClientCertFile string
	ClientKeyFile  string
	// ProxyURL is used for http and https; empty means HTTPS_PROXY, HTTP_PROXY and NO_PROXY decide.
	ProxyURL string
	// CredentialsFile holds lines `key: value`: username and password, or token, for http and https; sshKey and knownHosts for ssh.
	// Without it, ssh asks the agent. Empty lines and lines starting with # are left out; paths are relative to the file.
	CredentialsFile string
	// Timeout bounds each exchange with the server; zero means DefaultTimeout.
	Timeout time.Duration
}

// At is the same way to another place. Credentials belong to the server that they were given for, and are not taken along to another.
func (o Options) At(url string) Options {
	if !sameServer(o.URL, url) {
		o.CredentialsFile, o.ClientCertFile, o.ClientKeyFile = "", "", ""
	}
	o.URL = url
	return o
}

func sameServer(a, b string) bool {
	x, errX := transport.NewEndpoint(a)
	y, errY := transport.NewEndpoint(b)
	return errX == nil && errY == nil && x.Protocol == y.Protocol && strings.EqualFold(x.Host, y.Host) && x.Port == y.Port
}

// DefaultTimeout is enough for a plain fetch of every tag over a slow line.
const DefaultTimeout = 10 * time.Minute

// Source reads the releases of one repository. It is safe for concurrent use.
type Source struct {
	origin origin
	cache  objectCache

	mutex sync.Mutex
	known map[string]tag            // the tags as last listed
	read  map[plumbing.Hash]Release // what tags are, by the object they name
}

// Open checks the options and connects to nothing.
func Open(o Options) (*Source, error) {
	from, err := openOrigin(o)
	if err != nil {
		return nil, err
	}
	s := &Source{origin: from, read: map[plumbing.Hash]Release{}}
	if from.remote() {
		s.cache.dir = o.CacheDir
	}
	return s, nil
}

// Scan lists the tags anew and reads every release from version since on ("" = all of them).
func (s *Source) Scan(ctx context.Context, since string) (Scan, error) {
	start, err := parseSince(since)
	if err != nil {
		return Scan{}, err
	}
	tags, err := s.list(ctx)
	if err != nil {
		return Scan{}, err
	}
	var scan Scan
	var wanted []tag
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		if below(name, start) {
			continue
		}
		if _, reason := versionOfTag(name); reason != "" {
			scan.Rejected = append(scan.Rejected, Rejected{Tag: name, Reason: reason})
			continue
		}
		wanted = append(wanted, tags[name])
	}
	found, err := s.readTags(ctx, wanted)
	if err != nil {
		return Scan{}, err
	}
	for i, t := range wanted {
		if found[i].reason != "" {
			scan.Rejected = append(scan.Rejected, Rejected{Tag: t.name, Reason: found[i].reason})
			continue
		}
		scan.Releases = append(scan.Releases, found[i].release)
	}
	slices.SortFunc(scan.Rejected, func(a, b Rejected) int { return strings.Compare(a.Tag, b.Tag) })
	if len(scan.Releases) == 0 && (start == nil || len(candidates(tags)) == 0) {
		return Scan{}, s.noReleases(scan.Rejected)
	}
	sortByVersion(scan.Releases)
	return scan, nil
}

// sortByVersion sorts and names what was published after something higher.
func sortByVersion(releases []Release) {
	slices.SortFunc(releases, func(a, b Release) int { return versionOf(a).Compare(versionOf(b)) })
	for i := range releases {
		for _, higher := range releases[i+1:] {
			if higher.Date.Before(releases[i].Date) {
				releases[i].PublishedAfter = higher.Version
			}
		}
	}
}

// versionOf parses what the filter has let through.
func versionOf(r Release) *semver.Version {
	v, err := semver.StrictNewVersion(r.Version)
	if err != nil {
		return semver.New(0, 0, 0, "", "")
	}
	return v
}

func (s *Source) noReleases(rejected []Rejected) error {
	if len(rejected) == 0 {
		return fmt.Errorf("%s holds no tags, so it holds %w of Big Bang; check that it is a copy of the umbrella repository with its tags", s.origin, ErrNoReleases)
	}
	first := rejected[0]
	return fmt.Errorf("%s holds %w of Big Bang: none of its %d tags is one (%s: %s); check that it is the umbrella repository",
		s.origin, ErrNoReleases, len(rejected), first.Tag, first.Reason)
}

// Release reads one release. Its PublishedAfter is empty.
func (s *Source) Release(ctx context.Context, version string) (Release, error) {
	_, r, err := s.find(ctx, version)
	return r, err
}

// Base returns the files of base/, by path relative to it.
func (s *Source) Base(ctx context.Context, version string) (map[string][]byte, error) {
	return s.Folder(ctx, version, "base")
}

// Chart returns the files of chart/, by path relative to it.
func (s *Source) Chart(ctx context.Context, version string) (map[string][]byte, error) {
	return s.Folder(ctx, version, "chart")
}

// Folder returns the files of a folder of the release's commit, by path relative to it; "" and "." are the whole tree. Symbolic links and
// submodules are left out. Only that folder is fetched.
func (s *Source) Folder(ctx context.Context, version, folder string) (map[string][]byte, error) {
	t, _, err := s.find(ctx, version)
	if err != nil {
		return nil, err
	}
	return s.folder(ctx, t, folder)
}

func (s *Source) folder(ctx context.Context, t tag, folder string) (map[string][]byte, error) {
	folder = strings.TrimPrefix(path.Clean("/"+folder), "/")
	choose := pickFolder(folder)
	var files map[string][]byte
	err := s.load(ctx, []tag{t}, loading{
		what:   fmt.Sprintf("folder-%x", sha256.Sum256([]byte(folder)))[:20],
		choose: choose,
		each: func(_ int, store storer.EncodedObjectStorer) error {
			commit, _, err := peel(store, t.object)
			if err != nil {
				return err
			}
			files, err = readFiles(store, commit, choose)
			return err
		},
	})
	if r := asRejection(err); r != nil {
		return nil, fmt.Errorf("cannot read the folder %s of %s from %s: %s", folder, t.name, s.origin, r.reason)
	}
	return files, err
}

// find returns the tag and the release of a version.
func (s *Source) find(ctx context.Context, version string) (tag, Release, error) {
	t, err := s.tag(ctx, version)
	if err != nil {
		return tag{}, Release{}, err
	}
	if _, reason := versionOfTag(version); reason != "" {
		return tag{}, Release{}, fmt.Errorf("tag %s of %s is an %w: %s", version, s.origin, ErrUnknownRelease, reason)
	}
	found, err := s.readTags(ctx, []tag{t})
	if err != nil {
		return tag{}, Release{}, err
	}
	if found[0].reason != "" {
		return tag{}, Release{}, fmt.Errorf("tag %s of %s is an %w: %s", version, s.origin, ErrUnknownRelease, found[0].reason)
	}
	return t, found[0].release, nil
}

// tag looks a tag up in the last listing, and lists anew where it is not in it.
func (s *Source) tag(ctx context.Context, name string) (tag, error) {
	s.mutex.Lock()
	t, ok := s.known[name]
	s.mutex.Unlock()
	if ok {
		return t, nil
	}
	tags, err := s.list(ctx)
	if err != nil {
		return tag{}, err
	}
	if t, ok := tags[name]; ok {
		return t, nil
	}
	hint := "it has no tag that looks like a release"
	if near := nearestVersions(name, candidates(tags)); len(near) > 0 {
		hint = "near it are " + strings.Join(near, ", ")
	}
	return tag{}, fmt.Errorf("%w %s: %s has no such tag; %s", ErrUnknownRelease, name, s.origin, hint)
}

func (s *Source) list(ctx context.Context) (map[string]tag, error) {
	tags, err := s.origin.tags(ctx)
	if err != nil {
		return nil, err
	}
	s.mutex.Lock()
	s.known = tags
	s.mutex.Unlock()
	return tags, nil
}
