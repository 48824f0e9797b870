package config

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// validator checks what the types cannot say. Each rejection is one sentence that names the key and what to write.
type validator struct {
	problems []Problem
	lines    map[string]int
}

// problem reports the value at p. Where the file does not give it, the line is that of the nearest parent that it gives.
func (v *validator) problem(p, format string, args ...any) {
	line := 0
	for at := p; line == 0; {
		line = v.lines[at]
		cut := strings.LastIndexAny(at, ".[")
		if cut < 0 {
			break
		}
		at = at[:cut]
	}
	v.problems = append(v.problems, Problem{Line: line, Text: p + " " + fmt.Sprintf(format, args...)})
}

func (v *validator) config(c Config) {
	v.repository("releases", c.Releases.URL, c.Releases.Access)
	for _, key := range sortedKeys(c.Packages.Git) {
		p := c.Packages.Git[key]
		v.repository("packages.git."+key, p.URL, p.Access)
	}
	if c.Forge != nil {
		v.forge(*c.Forge)
	}
	if c.Webhooks != nil {
		v.webhooks(*c.Webhooks, c.Forge)
	}
	v.mergeRequests(c.MergeRequests)
	if c.Store != nil {
		v.store(*c.Store)
	}
	if time.Duration(c.Interval) < time.Second {
		v.problem("interval", "is %s, but must be at least 1s", c.Interval)
	}
	if c.StateKeyFile != "" && c.StateKeyEnv != "" {
		v.problem("stateKeyEnv", "is given beside stateKeyFile; keep one of the two")
	}
	if c.StateKeyEnv != "" && !variableName.MatchString(c.StateKeyEnv) {
		v.problem("stateKeyEnv", "must be the name of an environment variable (letters, digits, underscores), not the key itself")
	}
	v.commands(c.Commands)
	v.order(c.Environments)
	v.escalation(c)
	paths := map[string]string{}
	for i, e := range c.Environments {
		at := fmt.Sprintf("environments[%d]", i)
		v.environment(at, e)
		if folder := path.Clean(e.Path); paths[folder] != "" {
			v.problem(at+".path", "is %q, which %s.path is already; remove one of the two", e.Path, paths[folder])
		} else {
			paths[folder] = at
		}
	}
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (v *validator) repository(at, address string, access Access) {
	switch {
	case address == "":
		v.problem(at+".url", "is missing; write the URL or the path of a git repository")
	case hasPassword(address):
		v.problem(at+".url", "holds a password; remove it and name credentialsFile instead")
	}
	v.proxy(at, access.ProxyURL)
	v.clientCert(at, access.ClientCertFile, access.ClientKeyFile)
}

func (v *validator) clientCert(at, cert, key string) {
	if (cert == "") != (key == "") {
		v.problem(at+".clientCertFile", "and %s.clientKeyFile go together; write both or neither", at)
	}
}

func (v *validator) proxy(at, address string) {
	if address == "" {
		return
	}
	u, err := url.Parse(address)
	switch {
	case hasPassword(address):
		v.problem(at+".proxyURL", "holds a password; leave proxyURL out and set HTTPS_PROXY in the environment instead")
	case err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme):
		v.problem(at+".proxyURL", "is %q, but must be an http, https or socks5 URL such as http://proxy.example.com:3128", address)
	}
}

func (v *validator) store(s Store) {
	if s.Path == "" {
		v.problem("store.path", "is missing; write the file that keeps the history, such as linnet.db")
	}
	if time.Duration(s.Retention) < time.Hour {
		v.problem("store.retention", "is %s, but must be at least 1h", s.Retention)
	}
}

func (v *validator) mergeRequests(m MergeRequests) {
	for i, label := range m.Labels {
		if strings.TrimSpace(label) == "" {
			v.problem(fmt.Sprintf("mergeRequests.labels[%d]", i), "is blank; write a label or remove it")
		}
	}
	for i, reviewer := range m.Reviewers {
		if strings.TrimSpace(reviewer) == "" {
			v.problem(fmt.Sprintf("mergeRequests.reviewers[%d]", i), "is blank; write a name or remove it")
		}
	}
	title := forge.Policy{Title: m.Title}
	if _, err := title.MakeTitle(forge.TitleFields{}); err != nil {
		v.problem("mergeRequests.title", "cannot be used: %v", err)
	}
	for _, key := range sortedKeys(m.Trailers) {
		one := forge.Policy{Trailers: map[string]string{key: m.Trailers[key]}}
		if err := one.Validate(); err != nil {
			v.problem("mergeRequests.trailers."+clip(key), "cannot be used: %v", err)
		}
	}
}

func (v *validator) environment(at string, e Environment) {
	switch {
	case e.Path == "":
		v.problem(at+".path", "is missing; write the environment's folder, from the root of the repository")
	case path.IsAbs(e.Path) || e.Path == ".." || strings.HasPrefix(path.Clean(e.Path), "../") || strings.Contains(e.Path, `\`):
		v.problem(at+".path", "is %q, but must be a folder below the root of the repository, such as dev or clusters/dev", e.Path)
	}
	if k := e.Cluster.KubernetesVersion; k != "" {
		if _, err := semver.NewVersion(k); err != nil {
			v.problem(at+".cluster.kubernetesVersion", "is %q, but must be a version such as 1.34.1", k)
		}
	}
	v.cluster(at+".cluster", e.Cluster)
	v.policy(at+".policy", e.Policy)
	v.waves(at+".waves", e.Waves)
	seen := map[string]bool{}
	for i, g := range e.Gateways {
		v.label(fmt.Sprintf("%s.gateways[%d]", at, i), g)
		if seen[g] {
			v.problem(fmt.Sprintf("%s.gateways[%d]", at, i), "is %q a second time; a gateway moves once", g)
		}
		seen[g] = true
	}
}

func (v *validator) policy(at string, p Policy) {
	if p.Target != "" {
		if _, err := semver.NewConstraint(p.Target); err != nil {
			v.problem(at+".target", "is %q, but must be a release or a range such as 3.19.0, ~3.18 or <= 3.30.0", p.Target)
		}
	}
	for _, s := range []struct {
		key  string
		soak Duration
	}{{"wave", p.Soak.Wave}, {"gateway", p.Soak.Gateway}, {"bump", p.Soak.Bump}, {"cleanup", p.Soak.Cleanup}} {
		if s.soak <= 0 {
			v.problem(at+".soak."+s.key, "is %s, but must be longer than nothing; a trial may write 1s", s.soak)
		}
	}
	v.calendar(at, p)
	if p.CanaryReplicas < 1 {
		v.problem(at+".canaryReplicas", "is %d, but the canary needs at least 1", p.CanaryReplicas)
	}
}

func (v *validator) waves(at string, waves []Wave) {
	names, owners := map[string]bool{}, map[string]string{}
	for i, w := range waves {
		here := fmt.Sprintf("%s[%d]", at, i)
		if w.Name == "" {
			v.problem(here+".name", "is missing; write a name such as observability")
		} else {
			v.label(here+".name", w.Name)
		}
		if names[w.Name] {
			v.problem(here+".name", "is %q a second time; give each wave a name of its own", w.Name)
		}
		names[w.Name] = true
		switch {
		case w.Rest && len(w.Namespaces) > 0:
			v.problem(here+".rest", "is given beside namespaces; a wave has one or the other")
		case !w.Rest && len(w.Namespaces) == 0:
			v.problem(here, "has neither namespaces nor rest; write one of the two")
		case w.Rest && i != len(waves)-1:
			v.problem(here+".rest", "is given before the last wave; move this wave to the end")
		}
		for j, ns := range w.Namespaces {
			item := fmt.Sprintf("%s.namespaces[%d]", here, j)
			v.label(item, ns)
			if owner := owners[ns]; owner != "" {
				v.problem(item, "is %q, which %s has already; a namespace moves once", ns, owner)
			} else {
				owners[ns] = here
			}
		}
	}
}

var dnsLabel = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

func (v *validator) label(at, s string) {
	if !dnsLabel.MatchString(s) {
		v.problem(at, "is %q, but must be lower-case letters, digits and dashes, at most 63", s)
	}
}
