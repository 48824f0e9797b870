package gitops

import (
	"fmt"
	"path"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// Options say what Discover may use beside the tree.
type Options struct {
	// Remotes gives the files of remote bases. Nil: environments with a remote base are read without building, and say so.
	Remotes render.Remotes
}

// Unsupported is a thing found that no plan can be made for, named as what it is.
type Unsupported struct {
	Position Position `json:"position"`
	// Environment is the id of the environment it concerns; "" = none or the repository.
	Environment string `json:"environment,omitempty"`
	What        string `json:"what"`
	Reason      string `json:"reason"`
}

// Bump is a line that another updater would change.
type Bump struct {
	Position Position `json:"position"`
	Manager  string   `json:"manager"`
	Value    string   `json:"value"`
}

// Updater is another program that proposes version changes in this repository.
type Updater struct {
	Name     string   `json:"name"` // Renovate, Dependabot, Flux image automation
	Position Position `json:"position"`
	// Bumps are lines of release places that its rules match.
	Bumps []Bump `json:"bumps,omitempty"`
	// Notes say which of its rules could not be run, or match only elsewhere.
	Notes []string `json:"notes,omitempty"`
	// IgnoreRule is the text to add to its configuration so that it leaves these lines alone; "" = none needed.
	IgnoreRule string `json:"ignoreRule,omitempty"`
	// AddTo says where IgnoreRule goes.
	AddTo string `json:"addTo,omitempty"`
}

// Repository is what Discover found.
type Repository struct {
	Environments []Environment `json:"environments"`
	Unsupported  []Unsupported `json:"unsupported,omitempty"`
	Updaters     []Updater     `json:"updaters,omitempty"`
	Notes        []Note        `json:"notes,omitempty"`

	doubts doubts
}

// Environment finds one environment by its id, or by the base name of its folder where only one has it.
func (r Repository) Environment(id string) (Environment, error) {
	id = path.Clean(id)
	var named []Environment
	var known []string
	for _, e := range r.Environments {
		if e.ID == id {
			return e, nil
		}
		if path.Base(e.ID) == id {
			named = append(named, e)
		}
		known = append(known, e.ID)
	}
	if len(named) == 0 {
		if err := r.doubts.explain(id); err != nil {
			return Environment{}, err
		}
	}
	switch {
	case len(named) == 1:
		return named[0], nil
	case len(named) > 1:
		var ids []string
		for _, e := range named {
			ids = append(ids, e.ID)
		}
		return Environment{}, fmt.Errorf("environment %q is ambiguous: it could be %s; give the whole path", id, strings.Join(ids, " or "))
	case len(known) == 0:
		return Environment{}, fmt.Errorf("environment %q is not in the repository, which has none; inspect it to see why", id)
	default:
		return Environment{}, fmt.Errorf("environment %q is not in the repository; it has %s", id, strings.Join(known, ", "))
	}
}

// Only is the repository with one environment left, and of the rest what concerns it.
func (r Repository) Only(id string) Repository {
	only := Repository{Notes: r.Notes, Updaters: r.Updaters, doubts: r.doubts}
	for _, e := range r.Environments {
		if e.ID == id {
			only.Environments = append(only.Environments, e)
		}
	}
	for _, u := range r.Unsupported {
		if u.Environment == "" || u.Environment == id {
			only.Unsupported = append(only.Unsupported, u)
		}
	}
	return only
}
