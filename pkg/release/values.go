package release

import "go.yaml.in/yaml/v3"

// istioKeys are the keys that packages of the Istio family have had in chart/values.yaml.
var istioKeys = []string{
	"istio", "istiooperator", "istioOperator",
	"istioCore", "istioCRDs", "istiod", "istioCNI", "ztunnel", "gatewayAPI",
	"istioGateway", "istioGatewayPublic", "istioGatewayPassthrough",
}

// readValues reads the packages of the Istio family and the era from chart/values.yaml.
func readValues(src []byte) (map[string]Package, Era, error) {
	docs, err := documents(src)
	if err != nil {
		return nil, UnknownEra, err
	}
	packages := map[string]Package{}
	if len(docs) == 0 {
		return packages, UnknownEra, nil
	}
	for _, key := range istioKeys {
		if p, ok := readPackage(key, child(docs[0], key)); ok {
			packages[key] = p
		}
	}
	return packages, eraOf(packages), nil
}

// readPackage tells a package from the block of the same name that is none: from 3.22.0 on `istio:` holds the mesh's ambient switch.
func readPackage(key string, block *yaml.Node) (Package, bool) {
	if child(block, "git") == nil && child(block, "helmRepo") == nil {
		return Package{}, false
	}
	p := Package{
		Key:        key,
		GitTag:     text(block, "git", "tag"),
		GitBranch:  text(block, "git", "branch"),
		GitRepo:    text(block, "git", "repo"),
		GitPath:    text(block, "git", "path"),
		HelmTag:    text(block, "helmRepo", "tag"),
		HelmRepo:   text(block, "helmRepo", "repoName"),
		ChartName:  text(block, "helmRepo", "chartName"),
		SourceType: text(block, "sourceType"),
		Enabled:    isTrue(block, "enabled"),
	}
	if p.SourceType == "" {
		p.SourceType = "git"
	}
	return p, true
}

// eraOf goes by packages, never by the mere presence of `istio`, which has meant three things.
func eraOf(packages map[string]Package) Era {
	has := func(keys ...string) bool {
		for _, key := range keys {
			if _, ok := packages[key]; ok {
				return true
			}
		}
		return false
	}
	operator := has("istio") && has("istiooperator", "istioOperator")
	successor := has("istiod", "istioCore", "istioGateway", "istioGatewayPublic")
	switch {
	case operator && successor:
		return Both
	case operator:
		return Operator
	case has("istiod"):
		return Operatorless
	default:
		return UnknownEra
	}
}
