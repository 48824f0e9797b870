package release_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/release"
)

func writeFile(t testing.TB, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// closedPort is a loopback address on which nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return address
}

func answering(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// packetLine is one line of git's protocol.
func packetLine(s string) string { return fmt.Sprintf("%04x%s", len(s)+4, s) }

func TestASourceThatCannotBeReadSaysWhy(t *testing.T) {
	const secret = "s3cr3t-t0ken"
	credentials := writeFile(t, "credentials", "token: "+secret+"\n")
	// What a careless server would do: repeat what it was sent.
	echo := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, password, _ := r.BasicAuth()
			w.WriteHeader(status)
			_, _ = io.WriteString(w, r.Header.Get("Authorization")+" "+password)
		}
	}
	release1 := make(chan struct{})
	hanging := answering(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-release1:
		}
	})
	t.Cleanup(func() { close(release1) })
	tlsServer := httptest.NewUnstartedServer(http.NotFoundHandler())
	tlsServer.Config.ErrorLog = log.New(io.Discard, "", 0)
	tlsServer.StartTLS()
	t.Cleanup(tlsServer.Close)
	closed := closedPort(t)
	plain := answering(t, http.NotFound)

	for _, row := range []struct {
		name    string
		options release.Options
		want    string
	}{
		{"nothing listens", release.Options{URL: "http://" + closed + "/x.git"}, "127.0.0.1 refuses the connection; check the host, the port and the proxy"},
		{"git protocol, nothing listens", release.Options{URL: "git://" + closed + "/x.git"}, "127.0.0.1 refuses the connection; check the host, the port and the proxy"},
		{"no answer", release.Options{URL: hanging + "/x.git", Timeout: 50 * time.Millisecond}, "no complete answer within 50ms; check the address, the firewall and the proxy"},
		{"unknown authority", release.Options{URL: tlsServer.URL + "/x.git"}, "its certificate is signed by an authority that is not trusted here; name that authority's certificate in a CA file"},
		{"no TLS", release.Options{URL: "https" + strings.TrimPrefix(plain, "http") + "/x.git"}, "it does not speak TLS at this address; use http:// or another port"},
		{"proxy closed", release.Options{URL: plain + "/x.git", ProxyURL: "http://" + closed}, "the proxy cannot be reached or refuses: "},
		{"asks for credentials", release.Options{URL: answering(t, echo(401)) + "/x.git"}, "it asks for credentials; write them to a file and name it as the credentials file"},
		{"refuses credentials", release.Options{URL: answering(t, echo(401)) + "/x.git", CredentialsFile: credentials}, "it refuses the credentials of " + credentials + "; check that they are current and may read the repository"},
		{"forbids", release.Options{URL: answering(t, echo(403)) + "/x.git", CredentialsFile: credentials}, "it refuses the credentials of " + credentials},
		{"not there", release.Options{URL: answering(t, echo(404)) + "/x.git", CredentialsFile: credentials}, "there is no git repository at this address, or these credentials may not see it; check the URL"},
		{"breaks", release.Options{URL: answering(t, echo(503)) + "/x.git", CredentialsFile: credentials}, "the server answers with HTTP status 503; try again, or ask who runs it"},
		{"a web page", release.Options{URL: answering(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<!doctype html><html>\nSign in\n</html>\n")
		}) + "/x.git"}, "what answers there is not a git server; check the URL"},
		{"an empty answer", release.Options{URL: answering(t, func(http.ResponseWriter, *http.Request) {}) + "/x.git"}, "what answers there is not a git server; check the URL"},
		{"an error in git's protocol", release.Options{CredentialsFile: credentials, URL: answering(t, func(w http.ResponseWriter, r *http.Request) {
			_, password, _ := r.BasicAuth()
			_, _ = io.WriteString(w, packetLine("# service=git-upload-pack\n")+"0000"+packetLine("ERR access denied for "+password+"\n"))
		}) + "/x.git"}, "the server says: access denied for ***"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := open(t, row.options).Scan(context.Background(), "")
			if err == nil {
				t.Fatal("the scan succeeds")
			}
			if want := "cannot read releases from " + row.options.URL + ": " + row.want; !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error\n%v, want\n%s", err, want)
			}
			if !errors.Is(err, release.ErrUnreachable) {
				t.Errorf("%v does not reach ErrUnreachable", err)
			}
			basic := base64.StdEncoding.EncodeToString([]byte("oauth2:" + secret))
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), basic) || strings.Contains(err.Error(), "\n") {
				t.Errorf("the error holds the secret or is more than one line: %q", err)
			}
		})
	}
}

func TestARepositoryWithoutReleasesSaysWhatItHolds(t *testing.T) {
	empty := newFixture(t)
	untagged := newFixture(t)
	head := untagged.commit("2025-01-01", bigbang("3.0.0", istiod("1.25.3-bb.0")))
	untagged.branch("main", head)
	strays := newFixture(t)
	strays.release("1.2.3", "2022-03-18", umbrella("hello-pkg-pipeline", "1.2.3", "1.2.3", "a: 1\n"))
	strays.release("v9", "2022-03-18", umbrella("bigbang", "9.0.0", "9.0.0", "a: 1\n"))
	folder := t.TempDir()
	missing := filepath.Join(folder, "missing")

	for _, row := range []struct {
		name, url, want string
		kind            error
	}{
		{"empty", empty.dir, "the repository " + empty.dir + " is empty: no releases", release.ErrNoReleases},
		{"no tags", untagged.dir, untagged.dir + " holds no tags, so it holds no releases of Big Bang; check that it is a copy of the umbrella repository with its tags", release.ErrNoReleases},
		{"strays", strays.dir, strays.dir + " holds no releases of Big Bang: none of its 2 tags is one (1.2.3: it belongs to the chart hello-pkg-pipeline, not to bigbang); check that it is the umbrella repository", release.ErrNoReleases},
		{"not git", folder, "cannot read releases from " + folder + ": it is not a git repository; give the path of a clone or a bare repository", nil},
		{"file URL, not there", "file://" + missing, "cannot read releases from " + missing + ": no such file or directory; give the path of a git repository or a git URL", nil},
		{"not there", missing, "cannot read releases from " + missing + ": no such file or directory; give the path of a git repository or a git URL", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := open(t, release.Options{URL: row.url}).Scan(context.Background(), "")
			if err == nil || err.Error() != row.want {
				t.Errorf("error\n%v, want\n%s", err, row.want)
			}
			if row.kind != nil && !errors.Is(err, row.kind) {
				t.Errorf("%v does not reach %v", err, row.kind)
			}
		})
	}
	t.Run("over http", func(t *testing.T) {
		for _, f := range []*fixture{empty, untagged, strays} {
			_, url := serve(t, f)
			if _, err := open(t, release.Options{URL: url}).Scan(context.Background(), ""); !errors.Is(err, release.ErrNoReleases) {
				t.Errorf("scan of %s fails with %v, want no releases", url, err)
			}
		}
	})
}

func TestADamagedRepositoryIsNotTakenForOneWithoutReleases(t *testing.T) {
	f := newFixture(t)
	values := istiod("1.26.3-bb.1")
	f.release("3.5.0", "2025-08-21", bigbang("3.5.0", values))
	hash := f.blob(values).String()
	if err := os.Remove(filepath.Join(f.dir, "objects", hash[:2], hash[2:])); err != nil {
		t.Fatal(err)
	}
	_, err := open(t, release.Options{URL: f.dir}).Scan(context.Background(), "")
	want := "cannot read tag 3.5.0 from " + f.dir + ": an object that it needs is missing; the repository is damaged or a shallow or partial copy, make a full one with git clone --mirror"
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v, want\n%s", err, want)
	}
}

func TestOpenRefusesOptionsThatCannotBeRight(t *testing.T) {
	const secret = "hunter2"
	for _, row := range []struct {
		name    string
		options release.Options
		want    string
	}{
		{"nothing", release.Options{}, "no release source is given: name a git URL or a path"},
		{"password in the URL", release.Options{URL: "https://bot:" + secret + "@git.example.com/bigbang.git"}, "the release source https://git.example.com/bigbang.git carries credentials in its URL; put them in a credentials file, where no log and no process list shows them"},
		{"token in the URL", release.Options{URL: "https://" + secret + "@git.example.com/bigbang.git"}, "the release source https://git.example.com/bigbang.git carries credentials in its URL"},
		{"unparsable with password", release.Options{URL: "https://bot:" + secret + "@git.exa mple.com/bigbang.git"}, `cannot use the release source "https://git.exa mple.com/bigbang.git": it is neither a git URL nor a path that exists`},
		{"another scheme", release.Options{URL: "oci://registry.example.com/bigbang"}, `cannot use the release source oci://registry.example.com/bigbang: "oci" is not one of https, http, ssh, git, file`},
		{"no host", release.Options{URL: "https:///bigbang.git"}, `cannot use the release source "https:///bigbang.git": it names no host`},
		{"CA file not there", release.Options{URL: "https://git.example.com/x", CAFile: "/nonexistent/ca.pem"}, "cannot read the CA file: open /nonexistent/ca.pem: no such file or directory"},
		{"CA file of text", release.Options{URL: "https://git.example.com/x", CAFile: writeFile(t, "ca.pem", "hello")}, "holds no PEM certificate"},
		{"proxy", release.Options{URL: "https://git.example.com/x", ProxyURL: "proxy"}, `the proxy is not a URL such as http://proxy.example:3128`},
		{"credentials not there", release.Options{URL: "https://git.example.com/x", CredentialsFile: "/nonexistent/c"}, "cannot read the credentials file: open /nonexistent/c: no such file or directory"},
		{"credentials, bare token", release.Options{URL: "https://git.example.com/x", CredentialsFile: writeFile(t, "c", "# token\n"+secret+"\n")}, "line 2 of the credentials file"},
		{"credentials, twice", release.Options{URL: "https://git.example.com/x", CredentialsFile: writeFile(t, "c", "token: a\ntoken: "+secret+"\n")}, "line 2 of the credentials file"},
		{"credentials, unknown key", release.Options{URL: "https://git.example.com/x", CredentialsFile: writeFile(t, "c", "user: "+secret+"\n")}, "line 1 of the credentials file"},
		{"credentials, half", release.Options{URL: "https://git.example.com/x", CredentialsFile: writeFile(t, "c", "password: "+secret+"\n")}, "has only one of username and password; write both, or a token"},
		{"credentials, both", release.Options{URL: "https://git.example.com/x", CredentialsFile: writeFile(t, "c", "username: a\npassword: b\ntoken: "+secret+"\n")}, "holds a password and a token; keep one"},
		{"credentials, empty", release.Options{URL: "https://git.example.com/x", CredentialsFile: writeFile(t, "c", "\n# nothing\n")}, "is empty; write username and password, or token, or sshKey, one a line"},
		{"ssh key not there", release.Options{URL: "ssh://git@git.example.com/x", CredentialsFile: writeFile(t, "c", "sshKey: /nonexistent/key\n")}, "cannot read the SSH key that the credentials file names: open /nonexistent/key: no such file or directory"},
		{"ssh key of text", release.Options{URL: "git@git.example.com:x.git", CredentialsFile: writeFile(t, "c", "sshKey: "+writeFile(t, "key", secret)+"\n")}, "it is not a private key without a passphrase"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := release.Open(row.options)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Fatalf("error\n%v, want\n%s", err, row.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error holds the secret: %v", err)
			}
		})
	}
}
