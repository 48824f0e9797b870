package gitops

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// renovateConfig is the part of Renovate's configuration that decides which lines it changes. Presets (extends) are not followed.
type renovateConfig struct {
	Enabled         *bool             `json:"enabled"`
	Extends         []string          `json:"extends"`
	EnabledManagers []string          `json:"enabledManagers"`
	CustomManagers  []renovateManager `json:"customManagers"`
	RegexManagers   []renovateManager `json:"regexManagers"`
	Flux            *renovateManager  `json:"flux"`
	Kustomize       *renovateManager  `json:"kustomize"`
	PackageRules    []renovateRule    `json:"packageRules"`
}

type renovateManager struct {
	Enabled      *bool    `json:"enabled"`
	FileMatch    []string `json:"fileMatch"`
	FilePatterns []string `json:"managerFilePatterns"`
	MatchStrings []string `json:"matchStrings"`
	Strategy     string   `json:"matchStringsStrategy"`
	DepName      string   `json:"depNameTemplate"`
}

type renovateRule struct {
	Enabled  *bool    `json:"enabled"`
	Files    []string `json:"matchFileNames"`
	Paths    []string `json:"matchPaths"`
	DepNames []string `json:"matchDepNames"`
	Packages []string `json:"matchPackageNames"`
}

// renovate runs Renovate's matchers over our files.
func (d *discovery) renovate(name string, src []byte, lines []ourLine, files []string, environments []Environment) Updater {
	u := Updater{Name: "Renovate", Position: Position{File: name, Line: 1}}
	var config renovateConfig
	if err := json.Unmarshal(plainJSON(src), &config); err != nil {
		u.Notes = append(u.Notes, "its configuration cannot be read, so what it would change is not known: "+firstLine(err.Error()))
		if len(environments) > 0 {
			u.IgnoreRule, u.AddTo = ignoreRule(files, nil, environments), "packageRules of "+name
		}
		return u
	}
	if config.Enabled != nil && !*config.Enabled {
		u.Notes = append(u.Notes, "it is switched off")
		return u
	}
	if len(config.Extends) > 0 {
		u.Notes = append(u.Notes, "presets are not followed: "+strings.Join(config.Extends, ", "))
	}
	var depNames []string
	if on(config.EnabledManagers, "custom.regex", "regex") {
		for i, m := range append(config.CustomManagers, config.RegexManagers...) {
			if d.customManager(&u, fmt.Sprintf("custom manager %d", i+1), m, lines, files) && m.DepName != "" && !strings.Contains(m.DepName, "{{") {
				depNames = append(depNames, m.DepName)
			}
		}
	}
	own := d.builtIn(&u, config, lines)
	if len(environments) == 0 || len(files) == 0 {
		return u
	}
	if config.ignores(files, depNames) {
		u.Notes = append(u.Notes, "its rules already leave these files alone")
		return u
	}
	if own {
		depNames = nil // the built-in managers name the dependency in their own way
	}
	u.IgnoreRule, u.AddTo = ignoreRule(files, depNames, environments), "packageRules of "+name
	return u
}

func on(managers []string, names ...string) bool {
	return len(managers) == 0 || slices.ContainsFunc(names, func(n string) bool { return slices.Contains(managers, n) })
}

// customManager runs one regex manager. It reports whether its file patterns match a file of ours, as it lies or below a folder.
func (d *discovery) customManager(u *Updater, name string, m renovateManager, lines []ourLine, files []string) bool {
	match, problem := m.files()
	if problem != "" {
		u.Notes = append(u.Notes, name+": "+problem)
		return true
	}
	concerns := false
	var tagged []string
	for _, file := range files {
		src, ok := d.tree.Read(file)
		if !ok {
			continue
		}
		shifted := file
		if !match(file) {
			shifted = ""
			for at := strings.IndexByte(file, '/'); at >= 0 && shifted == ""; {
				if rest := file[at+1:]; match(rest) {
					shifted = rest
				}
				next := strings.IndexByte(file[at+1:], '/')
				if next < 0 {
					break
				}
				at += 1 + next
			}
			if shifted == "" {
				continue
			}
		}
		hits := m.hits(u, name, file, src, lines)
		concerns = concerns || len(hits) > 0
		if shifted == file {
			u.Bumps = append(u.Bumps, hits...)
			if len(hits) == 0 && m.takesTag(file) {
				tagged = append(tagged, file)
				concerns = true
			}
			continue
		}
		for _, h := range hits {
			u.Notes = append(u.Notes, fmt.Sprintf("%s looks for %s from the root, so it does not see %s as it lies here; it would once the folder is the root", name, shifted, at(h.Position)))
		}
	}
	if len(tagged) > 0 {
		u.Notes = append(u.Notes, fmt.Sprintf("%s takes every tag: \"…\" in %s, so a release written there later would be changed", name, strings.Join(tagged, ", ")))
	}
	return concerns
}

// files makes one matcher of fileMatch (regular expressions) and managerFilePatterns (/regular expressions/ and globs).
func (m renovateManager) files() (match func(string) bool, problem string) {
	var patterns []*regexp.Regexp
	for _, p := range m.FileMatch {
		re, err := regexp.Compile(p)
		if err != nil {
			return nil, fmt.Sprintf("its file pattern %s cannot be run here: %v", p, err)
		}
		patterns = append(patterns, re)
	}
	for _, p := range m.FilePatterns {
		expression := globExpression(p)
		if end := strings.LastIndexByte(p, '/'); strings.HasPrefix(p, "/") && end > 0 {
			expression = p[1:end]
			if strings.Contains(p[end:], "i") {
				expression = "(?i)" + expression
			}
		}
		re, err := regexp.Compile(expression)
		if err != nil {
			return nil, fmt.Sprintf("its file pattern %s cannot be run here: %v", p, err)
		}
		patterns = append(patterns, re)
	}
	return func(file string) bool {
		return slices.ContainsFunc(patterns, func(re *regexp.Regexp) bool { return re.MatchString(file) })
	}, ""
}

// globExpression turns *, ** and ? into a regular expression.
func globExpression(glob string) string {
	var b strings.Builder
	b.WriteString("^")
	for i := 0; i < len(glob); i++ {
		switch {
		case strings.HasPrefix(glob[i:], "**/"):
			b.WriteString("(?:.*/)?")
			i += 2
		case strings.HasPrefix(glob[i:], "**"):
			b.WriteString(".*")
			i++
		case glob[i] == '*':
			b.WriteString("[^/]*")
		case glob[i] == '?':
			b.WriteString("[^/]")
		default:
			b.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		}
	}
	return b.String() + "$"
}

// hits are our lines of a file whose value the manager takes as currentValue.
func (m renovateManager) hits(u *Updater, name, file string, src []byte, lines []ourLine) []Bump {
	var hits []Bump
	if m.Strategy == "recursive" {
		u.Notes = append(u.Notes, name+": its recursive matching cannot be run here")
	}
	for _, expression := range m.MatchStrings {
		re, err := regexp.Compile(expression)
		if err != nil {
			u.Notes = append(u.Notes, fmt.Sprintf("%s: %s cannot be run here: %v", name, expression, err))
			continue
		}
		group := re.SubexpIndex("currentValue")
		if group < 0 {
			continue
		}
		for _, found := range re.FindAllSubmatchIndex(src, -1) {
			if found[2*group] < 0 {
				continue
			}
			line := 1 + bytes.Count(src[:found[2*group]], []byte("\n"))
			value := string(src[found[2*group]:found[2*group+1]])
			for _, l := range lines {
				bump := Bump{Position: l.pos, Manager: name, Value: l.value}
				if l.pos.File == file && l.pos.Line == line && strings.Contains(value, l.value) && !slices.Contains(hits, bump) {
					hits = append(hits, bump)
				}
			}
		}
	}
	return hits
}

// builtIn adds what Renovate's own kustomize and flux managers change: the first reads ?ref= of every Kustomization, the second sources and charts of the
// files it is told to read.
func (d *discovery) builtIn(u *Updater, config renovateConfig, lines []ourLine) bool {
	found := false
	if on(config.EnabledManagers, "kustomize") && (config.Kustomize == nil || config.Kustomize.Enabled == nil || *config.Kustomize.Enabled) {
		for _, l := range lines {
			if base := path.Base(l.pos.File); l.kind == RemoteRef && (base == "kustomization.yaml" || base == "kustomization.yml") {
				u.Bumps = append(u.Bumps, Bump{Position: l.pos, Manager: "kustomize manager", Value: l.value})
				found = true
			}
		}
	}
	if config.Flux != nil && on(config.EnabledManagers, "flux") && (config.Flux.Enabled == nil || *config.Flux.Enabled) {
		match, problem := config.Flux.files()
		if problem != "" {
			u.Notes = append(u.Notes, "flux manager: "+problem)
			return found
		}
		for _, l := range lines {
			if (l.kind == GitTag || l.kind == ChartVersion) && match(l.pos.File) {
				u.Bumps = append(u.Bumps, Bump{Position: l.pos, Manager: "flux manager", Value: l.value})
				found = true
			}
		}
	}
	return found
}

// ignores tells that one rule already disables all our files, or all our dependencies everywhere.
func (c renovateConfig) ignores(files, depNames []string) bool {
	covers := func(have, want []string) bool {
		return len(want) > 0 && !slices.ContainsFunc(want, func(w string) bool {
			return !slices.ContainsFunc(have, func(h string) bool { return h == w || globMatches(h, w) })
		})
	}
	for _, r := range c.PackageRules {
		if r.Enabled == nil || *r.Enabled {
			continue
		}
		paths, names := append(r.Files, r.Paths...), append(r.DepNames, r.Packages...)
		if (len(paths) == 0 || covers(paths, files)) && (len(names) == 0 || covers(names, depNames)) && len(paths)+len(names) > 0 {
			return true
		}
	}
	return false
}

func globMatches(glob, name string) bool {
	re, err := regexp.Compile(globExpression(glob))
	return err == nil && re.MatchString(name)
}

// ignoredFiles is one entry of packageRules that switches updates off.
type ignoredFiles struct {
	Description string   `json:"description"`
	Files       []string `json:"matchFileNames"`
	DepNames    []string `json:"matchDepNames,omitempty"`
	Enabled     bool     `json:"enabled"`
}

// ignoreRule is what to add to packageRules, in JSON: the release in these files, and everything in the folders of a canary, whose files name other
// dependencies too. Two entries are separated by a comma, so that they can be pasted into the list.
func ignoreRule(files, depNames []string, environments []Environment) string {
	slices.Sort(depNames)
	release := ignoredFiles{Description: "Linnet moves the Big Bang release in these files", Files: files, DepNames: slices.Compact(depNames)}
	canary := ignoredFiles{Description: "Linnet writes and removes these files"}
	for _, e := range environments {
		canary.Files = append(canary.Files, path.Join(e.ID, "istio-canary")+"/**")
	}
	var rules []string
	for _, rule := range []ignoredFiles{release, canary} {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(rule); err != nil {
			return ""
		}
		rules = append(rules, strings.TrimSpace(b.String()))
	}
	return strings.Join(rules, ",\n")
}

// takesTag tells a manager that would match a quoted tag in a Kustomization, which is how an environment gets a release of its own.
func (m renovateManager) takesTag(file string) bool {
	if path.Base(file) != "kustomization.yaml" {
		return false
	}
	for _, expression := range m.MatchStrings {
		re, err := regexp.Compile(expression)
		if err == nil && re.SubexpIndex("currentValue") > 0 && re.MatchString("    ref:\n      tag: \"3.0.0\"\n") {
			return true
		}
	}
	return false
}
