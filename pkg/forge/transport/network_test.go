package transport

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/network"
)

func hostOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func quiet(s *httptest.Server) { s.Config.ErrorLog = log.New(io.Discard, "", 0) }

func get(t *testing.T, tr *Transport, address string) error {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", address, nil) // a POST is not tried again
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = do(tr, r)
	return err
}

func realOver(t *testing.T, address string, n network.Options) *Transport {
	t.Helper()
	base, err := network.Transport(n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(base.CloseIdleConnections)
	return over(base, func(o *Options) { o.Hosts = []string{hostOf(t, address)} })
}

func writePEM(t *testing.T, kind string, der []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTheCertificateAuthorityIsNamedInAFile(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	quiet(s)
	s.StartTLS()
	defer s.Close()
	if err := get(t, realOver(t, s.URL, network.Options{}), s.URL); err == nil || !strings.Contains(err.Error(), "signed by an authority that is not trusted here: name its CA file") {
		t.Errorf("got %v", err)
	}
	ca := writePEM(t, "CERTIFICATE", s.Certificate().Raw)
	if err := get(t, realOver(t, s.URL, network.Options{CAFile: ca}), s.URL); err != nil {
		t.Errorf("got %v", err)
	}
	other := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	if err := get(t, realOver(t, other, network.Options{CAFile: ca}), other); err == nil || !strings.Contains(err.Error(), "is for other names: correct the address") {
		t.Errorf("got %v", err)
	}
}

func TestAClientCertificateIsShown(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "linnet"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	quiet(s)
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	s.StartTLS()
	defer s.Close()
	n := network.Options{CAFile: writePEM(t, "CERTIFICATE", s.Certificate().Raw)}
	if err := get(t, realOver(t, s.URL, n), s.URL); err == nil || !strings.Contains(err.Error(), "check the client certificate") {
		t.Errorf("got %v", err)
	}
	n.ClientCertFile, n.ClientKeyFile = writePEM(t, "CERTIFICATE", der), writePEM(t, "EC PRIVATE KEY", keyDER)
	if err := get(t, realOver(t, s.URL, n), s.URL); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestTheProxyIsUsed(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host != host {
			t.Errorf("the proxy was asked for %s", r.URL)
		}
	}))
	defer proxy.Close()
	if err := get(t, realOver(t, "http://"+host, network.Options{ProxyURL: proxy.URL}), "http://"+host+"/a"); err != nil {
		t.Error(err)
	}
}

func TestFailuresOfTheNetworkAreOneSentence(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	plain := httptest.NewServer(nil)
	quiet(plain)
	defer plain.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer broken.Close()
	for address, want := range map[string]string{
		closed.URL: "refuses the connection: check that it runs",
		strings.Replace(plain.URL, "http", "https", 1): "does not speak TLS: correct the address",
		broken.URL: "closed the connection before its answer was complete",
	} {
		err := get(t, realOver(t, address, network.Options{}), address)
		if err == nil || !strings.HasPrefix(err.Error(), "cannot reach the forge: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", address, err, want)
		}
	}
	unknown := over(&fake{says: func(int, *http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
	}})
	if _, _, err := do(unknown, request(t, "GET", "/a")); err == nil || err.Error() != "cannot reach the forge: the name forge.example is not known to DNS: correct the address, or name a proxy" {
		t.Errorf("got %v", err)
	}
}

func TestCredentialsStayAtHome(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the other host was asked") }))
	defer elsewhere.Close()
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		case "/moved":
			http.Redirect(w, r, "/here", http.StatusMovedPermanently)
		default:
			_, _ = io.WriteString(w, r.Header.Get("Authorization")+" "+r.UserAgent())
		}
	}))
	defer home.Close()
	tr := realOver(t, home.URL, network.Options{})
	// Even where the other host is one of the forge's.
	tr.o.Hosts = append(tr.o.Hosts, hostOf(t, elsewhere.URL))
	client := &http.Client{Transport: tr}
	fetch := func(address string) (string, error) {
		r, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
		if err != nil {
			return "", err
		}
		response, err := client.Do(r)
		if err != nil {
			return "", err
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		return string(body), err
	}
	if got, err := fetch(home.URL + "/moved"); got != "Bearer right linnet/test" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := fetch(home.URL + "/away"); err == nil || !strings.Contains(err.Error(), "redirects to another host") {
		t.Errorf("got %v", err)
	}
	if _, err := fetch("http://stranger.example/"); err == nil || !strings.Contains(err.Error(), "is not one of its hosts") {
		t.Errorf("got %v", err)
	}
	if _, err := fetch(strings.Replace(home.URL, "://", "://user:hunter2@", 1)); err == nil || !strings.Contains(err.Error(), "carries credentials") {
		t.Errorf("got %v", err)
	}
}

func TestATokenIsReadAgainWhenItsFileChanges(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(content string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	var told []string
	credential := TokenFile(file, "Private-Token", "", func(token string) { told = append(told, token) })
	if _, err := credential(context.Background()); err == nil || !strings.Contains(err.Error(), "cannot read the token file") {
		t.Errorf("got %v", err)
	}
	for i, token := range []string{"glpat-one", "glpat-one", "glpat-two"} {
		write(token+"\n", time.Unix(int64(1000+i/2), 0))
		if c, err := credential(context.Background()); err != nil || c.Header != "Private-Token" || c.Value != token {
			t.Errorf("got %v, %v, want %s", c, err, token)
		}
	}
	if len(told) != 2 {
		t.Errorf("told of %d tokens, want 2", len(told))
	}
	for i, content := range []string{"", "two\ntokens", "a\x00b"} {
		write(content, time.Unix(int64(2000+i), 0))
		if _, err := credential(context.Background()); err == nil || content != "" && strings.Contains(err.Error(), content) {
			t.Errorf("%q: got %v", content, err)
		}
	}
}
