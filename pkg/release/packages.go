package release

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ErrNotAtHand says that a source of package charts does not have the chart asked for. It is no failure of the source.
var ErrNotAtHand = errors.New("not at hand")

// Packages gives package charts. An error reaches ErrNotAtHand where it has no such chart.
type Packages interface {
	// Chart returns the files of the chart called name ("istiod", "istio-gateway", "gateway") at a package tag ("1.28.3-bb.0"), by path
	// relative to the chart's root.
	Chart(ctx context.Context, name, tag string) (map[string][]byte, error)
}

// PackagesOptions say where package charts are. Both may be given: the folder is looked into first.
type PackagesOptions struct {
	// Dir is a folder of *.tgz chart archives; which chart an archive is, its own Chart.yaml says.
	Dir string
	// Git gives a repository per package name; each has tags like 1.28.3-bb.0 and the chart in the folder chart/.
	Git map[string]Options
}

// OpenPackages reads which charts the archives hold, and connects to nothing. An archive that cannot be read is named when a chart is
// looked for and not found.
func OpenPackages(o PackagesOptions) (Packages, error) {
	var all packageSources
	if o.Dir != "" {
		archives, err := openArchives(o.Dir)
		if err != nil {
			return nil, err
		}
		all = append(all, archives)
	}
	if len(o.Git) > 0 {
		repositories := repositories{}
		for name, options := range o.Git {
			source, err := Open(options)
			if err != nil {
				return nil, fmt.Errorf("package %s: %w", name, err)
			}
			repositories[name] = source
		}
		all = append(all, repositories)
	}
	return all, nil
}

type packageSources []Packages

func (all packageSources) Chart(ctx context.Context, name, tag string) (map[string][]byte, error) {
	if len(all) == 0 {
		return nil, fmt.Errorf("chart %s %s is %w: no folder of archives and no repository of packages is configured", name, tag, ErrNotAtHand)
	}
	var missing []string
	for _, source := range all {
		files, err := source.Chart(ctx, name, tag)
		if err == nil || !errors.Is(err, ErrNotAtHand) {
			return files, err
		}
		missing = append(missing, err.Error())
	}
	return nil, &failure{text: strings.Join(missing, "; "), kind: ErrNotAtHand}
}

// namesOf lists the names that one chart goes by: Big Bang's gateway chart lies in the repository istio-gateway and calls itself gateway.
func namesOf(name string) []string {
	switch name {
	case "istio-gateway":
		return []string{name, "gateway"}
	case "gateway":
		return []string{name, "istio-gateway"}
	default:
		return []string{name}
	}
}

// repositories are package repositories by package name.
type repositories map[string]*Source

func (r repositories) Chart(ctx context.Context, name, version string) (map[string][]byte, error) {
	for _, known := range namesOf(name) {
		if source, ok := r[known]; ok {
			return source.packageChart(ctx, name, version)
		}
	}
	return nil, fmt.Errorf("chart %s %s is %w: no repository is configured for the package %s", name, version, ErrNotAtHand, name)
}

// packageChart reads chart/ of a package repository and believes it only where its Chart.yaml agrees with the tag.
func (s *Source) packageChart(ctx context.Context, name, version string) (map[string][]byte, error) {
	t, err := s.tag(ctx, version)
	if errors.Is(err, ErrUnknownRelease) {
		return nil, fmt.Errorf("chart %s %s is %w: %s has no tag %s", name, version, ErrNotAtHand, s.origin, version)
	}
	if err != nil {
		return nil, err
	}
	files, err := s.folder(ctx, t, "chart")
	if err != nil {
		return nil, err
	}
	docs, err := documents(files["Chart.yaml"])
	if err != nil || len(docs) == 0 {
		return nil, fmt.Errorf("tag %s of %s has no readable chart/Chart.yaml, so it is not taken for the chart %s", version, s.origin, name)
	}
	if got := text(docs[0], "version"); got != version {
		return nil, fmt.Errorf("tag %s of %s holds version %s of the chart, so it is not taken for %s %s", version, s.origin, quoteEmpty(got), name, version)
	}
	return files, nil
}
