package miniature

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// pkg is one version of one package chart.
type pkg struct {
	chart     string
	version   string
	istio     string // what @ISTIO@ stands for, "" where the chart does not say it
	overrides string // folder below charts/ whose files replace the common ones
}

func packages() []pkg {
	var all []pkg
	for _, istio := range []string{"1.28.2", "1.28.3", "1.29.0"} {
		for _, chart := range []string{"istio-crds", "istiod", "gateway"} {
			p := pkg{chart: chart, version: istio + "-bb.0", istio: istio}
			if chart == "istiod" && istio == "1.29.0" {
				p.overrides = "istiod-1.29.0"
			}
			all = append(all, p)
		}
	}
	return append(all,
		pkg{chart: "kiali", version: "2.21.0-bb.1"},
		pkg{chart: "monitoring", version: "81.4.2-bb.0"},
		pkg{chart: "grafana", version: "10.5.5-bb.0"},
		pkg{chart: "grafana", version: "10.5.8-bb.0"},
		pkg{chart: "grafana", version: "10.5.8-bb.1"},
		pkg{chart: "tempo", version: "1.24.3-bb.0"},
		pkg{chart: "orders", version: "1.4.0"},
		pkg{chart: "ledger", version: "0.9.2"},
	)
}

func (p pkg) files() map[string][]byte {
	placeholders := strings.NewReplacer("@ISTIO@", p.istio, "@GRAFANA@", p.version)
	found := read("charts/"+p.chart, placeholders)
	if p.overrides != "" {
		for name, content := range read("charts/"+p.overrides, placeholders) {
			found[name] = content
		}
	}
	return found
}

// Packages returns the archive of every package chart, keyed by file name: chart name, dash, version, ".tgz". The chart of the gateways is
// called "gateway", as in the registry; its Git repository is called istio-gateway.
func Packages() map[string][]byte {
	archives := map[string][]byte{}
	for _, p := range packages() {
		packed, err := archive(p.chart, p.files())
		if err != nil {
			continue // writing to memory does not fail
		}
		archives[p.chart+"-"+p.version+".tgz"] = packed
	}
	return archives
}

// PackagesDir writes every archive into the folder dir, which it makes if needed.
func PackagesDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder for the miniature's packages: %w", err)
	}
	for name, packed := range Packages() {
		if err := os.WriteFile(filepath.Join(dir, name), packed, 0o644); err != nil {
			return fmt.Errorf("write the miniature's package %s: %w", name, err)
		}
	}
	return nil
}

// IstioChart returns the miniature's chart of one of Istio's own packages ("istio-crds", "istiod", "gateway" or "istio-gateway") at any Istio
// version, without its values schema; nil for every other package. It can stand in for a real package of that version.
func IstioChart(name, istio string) map[string][]byte {
	if name == "istio-gateway" {
		name = "gateway"
	}
	if name != "istio-crds" && name != "istiod" && name != "gateway" {
		return nil
	}
	files := pkg{chart: name, istio: istio}.files()
	delete(files, "values.schema.json")
	return files
}

// Chart returns the files of one package chart, found by its name, or by that of its Git repository, and its version; nil where there is none.
func Chart(name, version string) map[string][]byte {
	if name == "istio-gateway" {
		name = "gateway"
	}
	for _, p := range packages() {
		if p.chart == name && p.version == version {
			return p.files()
		}
	}
	return nil
}
