package github

import (
	"fmt"
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

// addressesOf derives them from where people find it. A GitHub Enterprise Server has its interfaces below /api, the hosts of GitHub itself
// on a host of their own; GraphQL is never below the REST interface.
func addressesOf(web string) (addresses, error) {
	u, err := url.Parse(web)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || strings.Trim(u.Path, "/") != "" {
		return addresses{}, fmt.Errorf("the address of a GitHub must be like https://github.com: an http or https URL of a host, without a path or credentials")
	}
	host := strings.ToLower(u.Host)
	a := addresses{host: host, git: u.Scheme + "://" + host}
	switch {
	case host == "github.com" || strings.HasSuffix(host, ".ghe.com"):
		a.rest = &url.URL{Scheme: u.Scheme, Host: "api." + host, Path: "/"}
		a.graphql = a.rest.String() + "graphql"
	default:
		a.rest = &url.URL{Scheme: u.Scheme, Host: host, Path: "/api/v3/"}
		a.graphql = a.git + "/api/graphql"
	}
	return a, nil
}

// Hosts are the hosts that the GitHub at this address is asked on, for transport.Options.
func Hosts(web string) ([]string, error) {
	a, err := addressesOf(web)
	if err != nil {
		return nil, err
	}
	return slices.Compact([]string{a.host, a.rest.Host}), nil
}
