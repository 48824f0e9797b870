package release_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/linnet-bot/linnet/pkg/release"
)

func dated(version, date, tag string) release.Release {
	r := operatorless(tag)
	r.Version, r.Date, r.KubeVersion = version, day(date), ">=1.32.0-0"
	return r
}

func listed() release.Scan {
	backport := dated("3.18.1", "2026-03-12", "1.28.3-bb.1")
	backport.PublishedAfter = "3.19.0"
	return release.Scan{
		Releases: []release.Release{
			dated("3.18.0", "2026-02-19", "1.28.3-bb.0"), backport,
			dated("3.19.0", "2026-03-05", "1.29.0-bb.0"), dated("3.20.0", "2026-03-19", "1.29.1-bb.0"), dated("3.27.0", "2026-06-24", "1.30.1-bb.0"),
		},
		Rejected: []release.Rejected{{Tag: "1.22.0-bb.0", Reason: "the version of a package (it ends in -bb.N), not of Big Bang"}},
	}
}

func TestTextOfAListing(t *testing.T) {
	for _, row := range []struct {
		name, since string
		width       int
		want        string
	}{
		{"wide", "", 0, `
RELEASE  DATE        ISTIO   CHANGE  KUBERNETES  ERA           NOTE
3.18.0   2026-02-19  1.28.3          >=1.32      operatorless
3.18.1   2026-03-12  1.28.3          >=1.32      operatorless  backport, after 3.19.0
3.19.0   2026-03-05  1.29.0  minor   >=1.32      operatorless
3.20.0   2026-03-19  1.29.1  patch   >=1.32      operatorless
3.27.0   2026-06-24  1.30.1  minor   >=1.32      operatorless
`},
		{"from a release", "3.18", 80, `
RELEASE  DATE        ISTIO   CHANGE  FROM 3.18.0  KUBERNETES
3.18.0   2026-02-19  1.28.3                       >=1.32
3.18.1   2026-03-12  1.28.3                       >=1.32
3.19.0   2026-03-05  1.29.0  minor   minor        >=1.32
3.20.0   2026-03-19  1.29.1  patch   minor        >=1.32
3.27.0   2026-06-24  1.30.1  minor   skip         >=1.32
`},
		{"from what is no release", "3.17.9", 40, `
RELEASE  DATE        ISTIO   CHANGE
3.18.0   2026-02-19  1.28.3
3.18.1   2026-03-12  1.28.3
3.19.0   2026-03-05  1.29.0  minor
3.20.0   2026-03-19  1.29.1  patch
3.27.0   2026-06-24  1.30.1  minor
`},
		{"narrower than it can be", "", 10, `
RELEASE  ISTIO   CHANGE
3.18.0   1.28.3
3.18.1   1.28.3
3.19.0   1.29.0  minor
3.20.0   1.29.1  patch
3.27.0   1.30.1  minor
`},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := release.List(listed(), row.since).Text(row.width)
			if diff := cmp.Diff(strings.TrimPrefix(row.want, "\n"), got); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRejectedTagsAreWrapped(t *testing.T) {
	l := release.Listing{Rejected: listed().Rejected}
	want := "Tags that are not releases:\n  1.22.0-bb.0: the version of a package\n    (it ends in -bb.N), not of Big Bang\n"
	if diff := cmp.Diff(want, l.Text(40)); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	for width := 30; width < 120; width++ {
		for _, since := range []string{"", "3.18.0"} {
			if since != "" && width < 40 {
				continue
			}
			l := release.List(listed(), since)
			l.Rejected = listed().Rejected
			for _, line := range strings.Split(l.Text(width), "\n") {
				if utf8.RuneCountInString(line) > width {
					t.Errorf("width %d: %q is %d wide", width, line, utf8.RuneCountInString(line))
				}
			}
		}
	}
}

func TestCredentialsStayWithTheirServer(t *testing.T) {
	o := release.Options{URL: "https://git.example.com/bigbang.git", CredentialsFile: "c", CAFile: "ca", ProxyURL: "p"}
	for url, kept := range map[string]bool{
		"https://git.example.com/mirror/bigbang.git":      true,
		"https://GIT.example.com/bigbang.git":             true,
		"http://git.example.com/bigbang.git":              false,
		"https://git.example.com:8443/bigbang.git":        false,
		"https://git.example.com.evil.example/bigbang":    false,
		"https://elsewhere.example.com/bigbang.git":       false,
		"git@git.example.com:bigbang.git":                 false,
		"/srv/mirrors/bigbang.git":                        false,
		"https://git.example.com@evil.example/bigbang":    false,
		"https://evil.example/https://git.example.com/bb": false,
	} {
		got := o.At(url)
		if (got.CredentialsFile != "") != kept || got.URL != url || got.CAFile != "ca" || got.ProxyURL != "p" {
			t.Errorf("At(%s) = %+v, credentials kept: want %v", url, got, kept)
		}
	}
}
