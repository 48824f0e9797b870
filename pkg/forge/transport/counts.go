package transport

import (
	"maps"
	"net/http"
	"strings"
	"sync"
)

// Counts is what one endpoint was asked.
type Counts struct {
	Billed      int // reads that were answered anew, retries included
	NotModified int // reads that cost nothing
	Writes      int // that were sent
	Git         int // requests of Git's own protocol
}

type counts struct {
	mu  sync.Mutex
	all map[string]Counts
}

// mostEndpoints bounds the table against paths that template does not know.
const mostEndpoints = 500

func (c *counts) add(endpoint string, n Counts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[string]Counts{}
	}
	if _, known := c.all[endpoint]; !known && len(c.all) >= mostEndpoints {
		endpoint = "other"
	}
	was := c.all[endpoint]
	c.all[endpoint] = Counts{was.Billed + n.Billed, was.NotModified + n.NotModified, was.Writes + n.Writes, was.Git + n.Git}
}

// Counts tells what was asked so far by endpoint, such as "GET /repos/{}/{}/pulls/{}"; "git" is Git's own traffic.
func (t *Transport) Counts() map[string]Counts {
	t.counts.mu.Lock()
	defer t.counts.mu.Unlock()
	return maps.Clone(t.counts.all)
}

// named is how many path elements after this one are names that somebody chose.
var named = map[string]int{
	"repos": 2, "projects": 1, "users": 1, "orgs": 1, "groups": 1, "branches": 1, "protected_branches": 1, "labels": 1, "collaborators": 1,
	"teams": 1, "commits": 1, "statuses": 1, "installations": 1, "trees": 1, "blobs": 1, "compare": 1,
}

// open is what a name of any length follows.
var open = map[string]bool{"heads": true, "tags": true, "contents": true, "files": true}

// template is the method and the path without names and numbers.
func template(r *http.Request) string {
	elements := strings.Split(strings.Trim(r.URL.EscapedPath(), "/"), "/")
	var out []string
	for i := 0; i < len(elements); i++ {
		e := elements[i]
		if isNumber(e) || isSHA(e) {
			e = "{}"
		}
		out = append(out, e)
		if open[e] && i+1 < len(elements) {
			out = append(out, "{}")
			break
		}
		for range min(named[e], len(elements)-i-1) {
			out = append(out, "{}")
			i++
		}
	}
	return r.Method + " /" + strings.Join(out, "/")
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
func isSHA(s string) bool    { return len(s) == 40 && strings.Trim(s, "0123456789abcdef") == "" }
