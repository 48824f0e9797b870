package release_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/linnet-bot/linnet/pkg/release"
)

func smallRepository(t *testing.T) *fixture {
	f := newFixture(t)
	f.config(allowFilter + allowAny)
	f.release("3.5.0", "2025-08-21", bigbang("3.5.0", istiod("1.26.3-bb.1")))
	return f
}

func scanOne(t *testing.T, o release.Options) {
	t.Helper()
	got, err := open(t, o).Scan(context.Background(), "")
	if err != nil || len(got.Releases) != 1 {
		t.Fatalf("scan gives %d releases and error %v, want one", len(got.Releases), err)
	}
}

func TestCredentialsTravelInTheHeaderOfEveryRequest(t *testing.T) {
	for _, row := range []struct{ name, file, username, password string }{
		{"token", "# read only\n\ntoken: glpat:with:colons\n", "oauth2", "glpat:with:colons"},
		{"token of a deploy user", "username: deploy\r\ntoken: abc\r\n", "deploy", "abc"},
		{"password", "\ufeffusername:bot\npassword:  p w  \n", "bot", "p w"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := smallRepository(t)
			git := newSmartHTTP(t, filepath.Dir(f.dir))
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if u, p, ok := r.BasicAuth(); !ok || u != row.username || p != row.password || r.URL.User != nil {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				git.ServeHTTP(w, r)
			}))
			t.Cleanup(server.Close)
			scanOne(t, release.Options{URL: server.URL + "/bigbang.git", CredentialsFile: writeFile(t, "credentials", row.file)})
			if got := len(git.take()); got != 3 {
				t.Errorf("%d requests were let in, want 3", got)
			}
		})
	}
}

func TestACAFileMakesItsAuthorityTrusted(t *testing.T) {
	f := smallRepository(t)
	server := httptest.NewTLSServer(newSmartHTTP(t, filepath.Dir(f.dir)))
	t.Cleanup(server.Close)
	ca := writeFile(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	scanOne(t, release.Options{URL: server.URL + "/bigbang.git", CAFile: ca})
}

func TestAClientCertificateIsShown(t *testing.T) {
	f := smallRepository(t)
	server := httptest.NewUnstartedServer(newSmartHTTP(t, filepath.Dir(f.dir)))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	pair := server.TLS.Certificates[0] // any will do
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	inPEM := func(kind string, der []byte) string {
		return writeFile(t, "file.pem", string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
	}
	cert := inPEM("CERTIFICATE", pair.Certificate[0])
	scanOne(t, release.Options{URL: server.URL + "/bigbang.git", CAFile: cert, ClientCertFile: cert, ClientKeyFile: inPEM("PRIVATE KEY", key)})
}

func TestAProxyIsUsed(t *testing.T) {
	f := smallRepository(t)
	_, address := serve(t, f)
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var seen atomic.Int32
	forward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: target.Host})
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host != "bigbang.example.com" {
			t.Errorf("the proxy is asked for host %q, want bigbang.example.com", r.URL.Host)
		}
		seen.Add(1)
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	scanOne(t, release.Options{URL: "http://bigbang.example.com/bigbang.git", ProxyURL: proxy.URL})
	if seen.Load() != 3 {
		t.Errorf("the proxy saw %d requests, want 3", seen.Load())
	}
}

func TestCredentialsDoNotFollowARedirectElsewhere(t *testing.T) {
	f := smallRepository(t)
	git, address := serve(t, f)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, _, ok := r.BasicAuth(); !ok {
			t.Error("the first server got no credentials")
		}
		target, err := url.Parse(address)
		if err != nil {
			t.Error(err)
			return
		}
		http.Redirect(w, r, "http://"+target.Host+r.URL.RequestURI(), http.StatusFound)
	}))
	t.Cleanup(server.Close)
	scanOne(t, release.Options{URL: server.URL + "/bigbang.git", CredentialsFile: writeFile(t, "credentials", "token: abc\n")})
	for i, header := range git.headers {
		if got := header.Get("Authorization"); got != "" {
			t.Errorf("request %d to the other server carries %q", i, got)
		}
	}
}

func TestAFileURLAndAWorkTreeAreRead(t *testing.T) {
	f := smallRepository(t)
	scanOne(t, release.Options{URL: "file://" + f.dir})
}
