package render

import (
	"net/url"
	"path"
	"strings"
)

// RemoteURL is a remote reference of a kustomization: Raw as written, the URL of the repository, the folder inside it ("" = its root), and
// the reference as written ("tags/1.14.1" keeps its prefix; "" = the default branch).
type RemoteURL struct{ Raw, Repo, Path, Ref string }

// Remotes returns the files of the folder that a URL names, relative to that folder. Where the URL names one file it returns that file alone
// under the name "". It may be called from several goroutines at once.
type Remotes func(RemoteURL) (map[string][]byte, error)

// ParseRemote tells whether Kustomize would fetch s, and what. It knows the forms that Kustomize knows: bigbang.git//base?ref=3.18.0,
// bigbang.git/base?ref=3.18.0, a leading git::, ?version= for ?ref=, ssh://, user@host:path, github.com/org/repo/path, Azure's _git/.
func ParseRemote(s string) (RemoteURL, bool) {
	r := RemoteURL{Raw: s}
	rest, query, _ := strings.Cut(s, "?")
	if values, err := url.ParseQuery(query); err == nil {
		r.Ref = values.Get("version")
		if ref := values.Get("ref"); ref != "" {
			r.Ref = ref
		}
	}
	rest, _ = cutPrefixFold(rest, "git::")
	scheme := ""
	for _, known := range []string{"ssh://", "https://", "http://", "file://"} {
		if cut, found := cutPrefixFold(rest, known); found {
			scheme, rest = known, cut
			break
		}
	}
	host, location, ok := cutHost(scheme, rest)
	if !ok {
		return RemoteURL{}, false
	}
	repo, folder, ok := cutRepository(scheme, location)
	if !ok || repo == "" {
		return RemoteURL{}, false
	}
	r.Repo = scheme + host + repo
	r.Path = strings.Trim(path.Clean("/"+folder), "/")
	return r, true
}

// cutHost splits "user@host/…", "user@host:…" or "host/…" behind its separator. Without a scheme only github.com and user@host forms are remote.
func cutHost(scheme, rest string) (host, location string, ok bool) {
	if scheme == "file://" {
		return "", rest, true
	}
	user := ""
	if name, after, found := strings.Cut(rest, "@"); found && name != "" && !strings.ContainsAny(name, "/:") {
		user, rest = name+"@", after
	}
	lower := strings.ToLower(rest)
	github := strings.HasPrefix(lower, "github.com/") || strings.HasPrefix(lower, "github.com:")
	scp := scheme == "" && (user != "" || github)
	if scheme == "" && !scp {
		return "", "", false
	}
	sep := strings.Index(rest, "/")
	if colon := strings.Index(rest, ":"); scp && colon > 0 && (sep < 0 || colon < sep) {
		sep = colon
	}
	if sep <= 0 {
		return "", "", false
	}
	return user + rest[:sep+1], rest[sep+1:], true
}

// cutRepository splits the repository from the folder inside it: at _git/<name>, else "//", else ".git", else behind two segments.
func cutRepository(scheme, location string) (repo, folder string, ok bool) {
	if at := strings.Index(location, "_git/"); at >= 0 {
		name, folder, _ := strings.Cut(location[at+len("_git/"):], "/")
		return location[:at] + "_git/" + name, folder, true
	}
	if repo, folder, found := strings.Cut(location, "//"); found {
		return repo, folder, true
	}
	if at := strings.Index(location, ".git"); at >= 0 {
		return location[:at+len(".git")], strings.TrimPrefix(location[at+len(".git"):], "/"), true
	}
	if scheme == "file://" {
		return location, "", true
	}
	segments := strings.SplitN(location, "/", 3)
	if len(segments) < 2 {
		return "", "", false
	}
	if len(segments) == 3 {
		folder = segments[2]
	}
	return segments[0] + "/" + segments[1], folder, true
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// isHTTP tells whether Kustomize would GET s where it expects a file.
func isHTTP(s string) bool {
	_, secure := cutPrefixFold(s, "https://")
	_, plain := cutPrefixFold(s, "http://")
	return secure || plain
}
