package github

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// addresses are where the interfaces of one GitHub are.
type addresses struct {
	host    string   // what people call it
	rest    *url.URL // ends in "/"
	graphql string
	git     string // projects are below it
}

// addressesOf derives them from where people find it. A GitHub Enterprise Server has its interfaces below /api, also with subdomain isolation; the hosts of
// GitHub itself, which are github.com and those of data residency, have them on a host of their own. GraphQL is never below the REST interface.
func addressesOf(web string) (addresses, error) {
	u, err := url.Parse(web)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return addresses{}, errors.New("the address of a GitHub must be like https://github.com: an http or https URL of a host, without a path or credentials")
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if port := u.Port(); port != "" && port != map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		host = net.JoinHostPort(host, port)
	} else if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if host == "www.github.com" {
		host = "github.com"
	}
	tenant, residency := strings.CutSuffix(host, ".ghe.com")
	switch {
	case host == "api.github.com" || residency && strings.HasPrefix(tenant, "api."):
		return addresses{}, fmt.Errorf("%s is where programs ask GitHub: give the address where people find it, https://%s", host, strings.TrimPrefix(host, "api."))
	case host == "ghe.com" || residency && strings.Contains(tenant, "."):
		return addresses{}, fmt.Errorf("%s is no GitHub with data residency: those are like https://octocorp.ghe.com", host)
	case host != "github.com" && !residency:
		return addresses{host: host, rest: &url.URL{Scheme: u.Scheme, Host: host, Path: "/api/v3/"}, graphql: u.Scheme + "://" + host + "/api/graphql", git: u.Scheme + "://" + host}, nil
	case u.Scheme != "https":
		return addresses{}, fmt.Errorf("%s is asked by https only: the token must not travel in the clear", host)
	}
	return addresses{host: host, rest: &url.URL{Scheme: "https", Host: "api." + host, Path: "/"}, graphql: "https://api." + host + "/graphql", git: "https://" + host}, nil
}

// Hosts are the hosts that the GitHub at this address is asked on, for transport.Options.
func Hosts(web string) ([]string, error) {
	a, err := addressesOf(web)
	if err != nil {
		return nil, err
	}
	return slices.Compact([]string{a.host, a.rest.Host}), nil
}
