// Package address says at which addresses an observer may be asked, for the program that asks and for the configuration that names one.
package address

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// Check refuses an address at which no observer can be asked, or none should be. The error says what the address must be, to be put behind its name; it does not
// repeat the address, which may hold a password.
//
// Without TLS anybody on the way reads the token, which opens the observation, and may answer in the observer's place. So http is for what does not leave the
// cluster or the machine: a service's own name (NAME.NAMESPACE.svc, with or without the cluster's domain, or NAME alone) and loopback.
func Check(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.Opaque != "":
		return errors.New("must be an address such as https://linnet-observer.istio-system.svc:8443")
	case u.User != nil:
		return errors.New("must not hold a name or a password; remove it, and name a token file")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("must be an address without a query or a fragment, such as https://linnet-observer.istio-system.svc:8443")
	case u.Scheme == "http" && !inside(u.Hostname()):
		return errors.New("must begin with https://, since http is only for a service of the same cluster, by a name such as linnet-observer.istio-system.svc, and for loopback")
	}
	return nil
}

// inside tells whether a host is one that is not reached over a network of others.
func inside(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	labels := strings.Split(host, ".")
	return len(labels) == 1 || len(labels) >= 3 && labels[2] == "svc"
}
