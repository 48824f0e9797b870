package gitops

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// settle builds the environment and adds everything that a plan must know beside the plain facts.
func (d *discovery) settle(e *Environment) {
	o := d.overlays[e.ID]
	d.build(e, o)
	d.releaseFindings(e, o)
	d.layerFindings(e, o)
	d.valueFindings(e, o)
	d.fileFindings(e, o)
	for _, n := range e.MissionNamespaces {
		if n.Rev != "" {
			level, text := Refuse, "namespace %s carries istio.io/rev: %s; a revision that somebody else chose must go first"
			if e.CanaryFolder {
				level, text = Info, "namespace %s carries istio.io/rev: %s; a canary upgrade is under way"
			}
			o.note(level, n.Position, text, n.Name, n.Rev)
		}
	}
	for _, m := range d.scan.revisions {
		if slices.Contains(e.Files, m.pos.File) || !d.elsewhere(e, m.pos.File) {
			o.note(Warn, m.pos, "the pods of %s %s choose their revision by a label of their own: moving their namespace does not move them", m.root.str("kind"), m.root.str("metadata", "name"))
		}
	}
	e.Findings = o.notes
	slices.SortStableFunc(e.Findings, func(a, b Note) int { return weight(b.Level) - weight(a.Level) })
}

func weight(l Level) int {
	switch l {
	case Refuse:
		return 2
	case Warn:
		return 1
	default:
		return 0
	}
}

func (d *discovery) releaseFindings(e *Environment, o *overlay) {
	home := Position{File: e.Kustomization}
	if p, ok := e.Release.Winner(); ok {
		home = p.Position
	}
	switch e.Release.Reference {
	case "branch", "commit", "semver":
		text := "the release is chosen by a %s (%s): which release is deployed is not in Git"
		if _, exact := releaseOf(e.Release.Version); exact {
			text = "the release is chosen by a %s (%s), which outranks a tag; write it as a tag first"
		}
		o.note(Refuse, home, text, e.Release.Reference, e.Release.Version)
	case "tag", "version":
	default:
		if e.HelmRelease.Name != "" {
			o.note(Refuse, home, "which release is deployed is not known: %s", unknownReference(e, o))
		}
	}
	for _, p := range e.Release.Places {
		if p.Kind != RemoteRef {
			continue
		}
		base, ok := releaseOf(p.Value)
		if !ok {
			o.note(Warn, p.Position, "this reference (%s) is not a release", short(p.Value))
			continue
		}
		if e.Release.Reference == "tag" && base != e.Release.Version {
			o.note(Warn, p.Position, "same-version rule: %s is taken from %s but the chart is fetched at %s", o.folderAt(p.Position), base, e.Release.Version)
		}
	}
	for _, use := range o.remote {
		if use.read {
			continue
		}
		switch _, release := releaseOf(use.url.Ref); {
		case use.bigBang && release:
			o.note(Info, use.entry.pos, "base/ of %s was not read (%s): its tag and the order of its values are taken to be as in every release since 1.2.0", use.url.Ref, use.why)
		case use.bigBang:
			o.note(Info, use.entry.pos, "base/ at %s was not read (%s): the order of its values is taken to be as in releases, its reference is not known", short(use.url.Ref), use.why)
		default:
			o.note(Info, use.entry.pos, "%s of a remote repository was not read (%s): what it adds is not known", use.url.Path, use.why)
		}
	}
}

// folderAt names the folder of the remote entry at a position.
func (o *overlay) folderAt(pos Position) string {
	for _, use := range o.remote {
		if use.entry.pos == pos {
			return use.url.Path + "/"
		}
	}
	return "it"
}

func unknownReference(e *Environment, o *overlay) string {
	switch {
	case o.unreadRemote() != nil:
		return fmt.Sprintf("the remote base at %q was not read", o.unreadRemote().url.Ref)
	case e.Flavour == "":
		return "the chart comes from neither a GitRepository nor a HelmRepository"
	default:
		return "no text here names one"
	}
}

func (d *discovery) layerFindings(e *Environment, o *overlay) {
	var unread []string
	var first Position
	for _, l := range e.Layers {
		if l.TargetPath != "" {
			o.note(Warn, l.Position, "%s is put at %s (targetPath): it sets one value", l.Label(), l.TargetPath)
		}
		if l.Unreadable == "" && (l.Found || l.Optional) {
			continue
		}
		if unread = append(unread, l.Label()); len(unread) == 1 {
			first = l.Position
		}
	}
	if len(unread) > 0 {
		o.note(Info, first, "not readable: %s; each may override what stands before it, istiod.git.tag and sourceType included", strings.Join(unread, ", "))
	}
	for _, name := range IstioPackages {
		for _, pin := range e.Packages[name].Pins {
			if !pin.Wins {
				continue
			}
			level, what := pinFinding(e.Packages[name], pin)
			o.note(level, pin.Position, "%s.%s: %s %s", name, pin.Field, pin.Value, what)
		}
	}
}

// valueRules are values that a plan must not meet unawares.
var valueRules = []struct {
	path  []string
	match func(*located) bool
	level Level
	text  string
}{
	{[]string{"offline"}, isOn, Warn, "offline: true: Big Bang makes no GitRepository, so the source of a new istiod must be given by configuration (canarySource)"},
	{[]string{"istio", "ambient", "enabled"}, isOn, Refuse, "ambient mode is on: there are no sidecars to move by revision"},
	{[]string{"ztunnel", "enabled"}, isOn, Refuse, "ztunnel is on: ambient mode has no sidecars to move by revision"},
	{[]string{"istiod", "enabled"}, isOff, Refuse, "istiod is off: there is no mesh to upgrade"},
	{[]string{"istiod", "values", "upstream", "revision"}, isSet, Refuse, "upstream.revision is set: the built-in istiod must be the one without a revision"},
	{[]string{"istiod", "values", "upstream", "revisionTags"}, isSet, Refuse, "upstream.revisionTags is set: tags decide injection beside the labels that an upgrade moves"},
	{[]string{"istiod", "values", "revision"}, isSet, Refuse, "revision is set: the built-in istiod must be the one without a revision"},
}

func isOn(v *located) bool {
	return v.kind == scalarKind && v.plain && strings.EqualFold(v.text, "true")
}
func isOff(v *located) bool {
	return v.kind == scalarKind && v.plain && strings.EqualFold(v.text, "false")
}
func isSet(v *located) bool {
	return !v.null && (v.kind != scalarKind || v.text != "") && (v.kind != listKind || len(v.items) > 0)
}

func (d *discovery) valueFindings(e *Environment, o *overlay) {
	for _, rule := range valueRules {
		if v := lastSet(e.Layers, rule.path); v != nil && rule.match(v) {
			o.note(rule.level, v.pos, "%s", rule.text)
		}
	}
	for _, l := range e.Layers {
		l.root.get("istioGateway", "values", "gateways").visit(func(p []string, v *located) bool {
			if len(p) > 0 && p[len(p)-1] == "revision" && v.kind == scalarKind && v.text != "" {
				o.note(Refuse, v.pos, "a gateway's %s is set to %s: its revision must be free to move", strings.Join(p, "."), v.text)
			}
			return true
		})
		l.root.get("kyvernoPolicies", "values").visit(func(p []string, v *located) bool {
			if len(p) > 0 && p[len(p)-1] == "validationFailureAction" && strings.EqualFold(v.text, "enforce") {
				enforced(o, p, v)
			}
			return true
		})
	}
}

func enforced(o *overlay, p []string, v *located) {
	if slices.Contains(p, "require-istio-on-namespaces") {
		o.note(Refuse, v.pos, "Kyverno enforces require-istio-on-namespaces, which demands istio-injection: enabled; set it to Audit for the upgrade")
		return
	}
	o.note(Warn, v.pos, "Kyverno enforces by kyvernoPolicies.values.%s; an enforced require-istio-on-namespaces would refuse a moved namespace", strings.Join(p, "."))
}

// lastSet is the value that the last readable layer gives.
func lastSet(layers []ValuesLayer, steps []string) *located {
	for _, l := range slices.Backward(layers) {
		if v := l.root.get(steps...); v != nil {
			return v
		}
	}
	return nil
}

func (d *discovery) fileFindings(e *Environment, o *overlay) {
	for _, m := range e.Missing {
		text := fmt.Sprintf("%s is missing, so the folder does not build", m.Path)
		if sample, ok := d.sample(m.Path); ok {
			text += fmt.Sprintf("; a plain sample, %s, lies beside it", path.Base(sample))
		}
		o.note(Refuse, Position{File: m.NeededBy, Line: m.Line}, "%s", text)
	}
	for _, f := range e.Encrypted {
		o.note(Info, Position{File: f}, "encrypted with SOPS: never decrypted, never edited")
	}
	if e.CanaryFolder {
		o.note(Warn, Position{File: path.Join(e.ID, "istio-canary")}, "the folder of a canary upgrade is already here: one is under way, or was left by hand")
	}
	if e.Flux == nil {
		o.note(Info, Position{File: e.Kustomization}, "no Flux Kustomization for this folder is in the repository: whether Flux prunes is not known")
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// short cuts a commit's name to what people write.
func short(ref string) string {
	if len(ref) == 40 && !strings.ContainsFunc(ref, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }) {
		return ref[:12]
	}
	return ref
}
