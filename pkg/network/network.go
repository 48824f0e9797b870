// Package network makes HTTP transports for private networks: an authority of their own, a certificate for the client, a proxy. What reads releases and
// what speaks with a forge trust, and are trusted, in the same way.
package network

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"
)

// handshakeTime is how long it may take until a connection is secure.
const handshakeTime = 30 * time.Second

// Options are what a private network needs. The zero value is the system's trust and the proxy of the environment (HTTPS_PROXY, NO_PROXY).
type Options struct {
	CAFile         string // PEM, trusted beside the system's
	ClientCertFile string // PEM, with ClientKeyFile; both are read anew for each connection
	ClientKeyFile  string
	ProxyURL       string // instead of the environment's; it must not hold a password
}

// Transport gives one that the caller has for itself and whose idle connections it closes.
func Transport(n Options) (*http.Transport, error) {
	base := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute,
		TLSHandshakeTimeout: handshakeTime, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	if n.CAFile != "" {
		pem, err := os.ReadFile(n.CAFile)
		if err != nil {
			return nil, fmt.Errorf("cannot read the CA file: %w", err)
		}
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool()
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("the CA file %s holds no PEM certificate", n.CAFile)
		}
		base.TLSClientConfig.RootCAs = roots
	}
	if (n.ClientCertFile == "") != (n.ClientKeyFile == "") {
		return nil, errors.New("a client certificate needs both its certificate file and its key file")
	}
	if n.ClientCertFile != "" {
		load := func() (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(n.ClientCertFile, n.ClientKeyFile)
			if err != nil {
				return nil, fmt.Errorf("cannot use the client certificate %s with the key %s: %w", n.ClientCertFile, n.ClientKeyFile, err)
			}
			return &pair, nil
		}
		if _, err := load(); err != nil {
			return nil, err
		}
		base.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return load() }
	}
	if n.ProxyURL != "" {
		proxy, err := url.Parse(n.ProxyURL)
		if err != nil || proxy.Host == "" {
			return nil, errors.New("the proxy is not a URL such as http://proxy.example:3128") // its text may hold a password
		}
		base.Proxy = http.ProxyURL(proxy)
	}
	return base, nil
}
