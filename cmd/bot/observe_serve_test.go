package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"

	"github.com/linnet-bot/linnet/internal/fakekube"
	"github.com/linnet-bot/linnet/pkg/config"
)

// issuingCluster is a kubeconfig of a cluster that issues tokens; token makes one for a service account.
func issuingCluster(t *testing.T) (kubeconfig string, token func(account, audience string) string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	objects := fakekube.Server{"/api/v1/pods": {"{metadata: {namespace: shop, name: web-0}, spec: {containers: [{name: web}]}, status: {phase: Running}}"}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/.well-known/openid-configuration":
			_, _ = fmt.Fprint(w, `{"issuer": "https://issuer.example", "jwks_uri": "https://198.51.100.7/openid/v1/jwks"}`)
		case "/openid/v1/jwks":
			_, _ = fmt.Fprintf(w, `{"keys": [{"kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256", "kid": "k", "x": %q, "y": %q}]}`, encode(point[1:33]), encode(point[33:]))
		default:
			objects.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := "apiVersion: v1\nkind: Config\ncurrent-context: trial\ncontexts: [{name: trial, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: '" + server.URL + "'}}]\nusers: [{name: u, user: {}}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, func(account, audience string) string {
		made := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": "https://issuer.example", "sub": "system:serviceaccount:" + account, "aud": []string{audience}, "exp": time.Now().Add(time.Hour).Unix()})
		made.Header["kid"] = "k"
		text, err := made.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
}

// heard hands on what is written.
type heard chan string

func (h heard) Write(p []byte) (int, error) { h <- string(p); return len(p), nil }

func TestObserveServesWhatItSawToTheBot(t *testing.T) {
	kubeconfig, token := issuingCluster(t)
	dir := t.TempDir()
	said := make(heard, 100)
	a := &app{stdout: said, stderr: said, getenv: func(string) string { return "" }, now: time.Now, width: 80}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- a.observe(ctx, observeFlags{cluster: clusterFlags{kubeconfig: kubeconfig, timeout: time.Minute}, every: time.Second, write: filepath.Join(dir, "seen.json"),
			serve: observeServeFlags{listen: "127.0.0.1:0", audience: "linnet-observer", allow: []string{"linnet/linnet"}}})
	}()
	address := "http://" + regexp.MustCompile(`address=(\S+)`).FindStringSubmatch(<-said)[1]

	// The bot, as it is configured.
	bot := &app{stdout: said, stderr: said, now: time.Now}
	file := func(name, token string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	good := token("linnet:linnet", "linnet-observer")
	eyes, closed, err := bot.observers([]config.Environment{
		{Path: "dev", Cluster: config.Cluster{Observer: &config.Observer{URL: address, TokenFile: file("good", good)}}},
		{Path: "test", Cluster: config.Cluster{ObservationFile: filepath.Join(dir, "seen.json")}},
		{Path: "prod", Cluster: config.Cluster{Observer: &config.Observer{URL: address, TokenFile: file("other", token("linnet:default", "linnet-observer"))}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for t.Context().Err() == nil {
		seen, err := eyes[0].Observe(t.Context())
		if err != nil && strings.Contains(err.Error(), "nothing was observed yet") {
			continue
		}
		if err != nil || len(seen.Pods) != 1 {
			t.Errorf("got %v, %v", seen, err)
		}
		break
	}
	if _, err := eyes[2].Observe(t.Context()); err == nil || !strings.Contains(err.Error(), "may not read it") {
		t.Errorf("another service account: got %v", err)
	}
	// A job, as it is typed.
	eye, done, err := bot.observation(observationFlags{from: address, tokenFile: file("wrong", token("linnet:linnet", "istio-ca"))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := eye.Observe(t.Context()); err == nil || !strings.Contains(err.Error(), "is not for this audience") {
		t.Errorf("another audience: got %v", err)
	}
	fmt.Fprintln(bot.stderr, "it was "+good)
	for text := range said {
		if strings.Contains(text, good[:40]) {
			t.Errorf("a token was printed: %s", text)
		}
		if strings.HasPrefix(text, "it was ") {
			break
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	if seen, err := eyes[1].Observe(t.Context()); err != nil || len(seen.Pods) != 1 {
		t.Errorf("the file: got %v, %v", seen, err)
	}
	if err := errors.Join(done(), closed()); err != nil {
		t.Error(err)
	}
}

func TestObserveSaysWhyItDoesNotServe(t *testing.T) {
	kubeconfig, _ := issuingCluster(t)
	for _, row := range []struct {
		args string
		code int
		want string
	}{
		{"--serve :0", 2, "--serve needs --allow NAMESPACE/NAME"},
		{"--serve :0 --allow linnet", 2, `--allow "linnet" is no service account; write NAMESPACE/NAME`},
		{"--serve :0 --allow */*", 2, "is no service account"},
		{"--serve :0 --allow a/b --audience=", 2, "--audience must not be empty"},
		{"--serve :0 --allow a/b --tls-cert-file c", 2, "go together"},
		{"--allow a/b", 2, "are for --serve"},
		{"--tls-key-file k --write seen.json", 2, "are for --serve"},
		{"--serve 127.0.0.1:0 --allow a/b --tls-cert-file absent --tls-key-file absent", 1, "read the observer's certificate"},
		{"--serve 127.0.0.1:99999 --allow a/b", 1, "listen on 127.0.0.1:99999"},
	} {
		var errs bytes.Buffer
		a := &app{stdout: &errs, stderr: &errs, getenv: func(string) string { return "" }, now: time.Now, width: 80}
		if code := run(a, append([]string{"observe", "--kubeconfig", kubeconfig}, strings.Fields(row.args)...)); code != row.code || !strings.Contains(errs.String(), row.want) {
			t.Errorf("%s: code %d: %s, want %d, %q", row.args, code, errs.String(), row.code, row.want)
		}
	}
}

func TestCheckSaysWhatAnObserverNeeds(t *testing.T) {
	for args, want := range map[string]string{
		"--observation https://observer.example.com":                                 "--observation URL needs --observation-token-file",
		"--observation seen.json --observation-token-file t":                         "are for --observation URL",
		"--observation-ca-file ca.pem":                                               "are for --observation URL",
		"--observation http://observer.example.com --observation-token-file token":   "its address must begin with https://",
		"--observation https://a:hunter2@o.example.com --observation-token-file abc": "must not hold a name or a password",
	} {
		var errs bytes.Buffer
		a := &app{stdout: &errs, stderr: &errs, getenv: func(string) string { return "" }, now: time.Now, width: 80}
		if code := run(a, append([]string{"check"}, strings.Fields(args)...)); code != 2 || !strings.Contains(errs.String(), want) || strings.Contains(errs.String(), "hunter2") {
			t.Errorf("%s: code %d: %s, want %q", args, code, errs.String(), want)
		}
	}
}
