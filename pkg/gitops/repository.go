package gitops

import (
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
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
}

// Discover reads a repository. It returns an error only when the tree itself cannot be read as a repository; what is wrong or unknown
// inside is in the result.
func Discover(t tree.Tree, o Options) (Repository, error) {
	return Repository{}, nil
}

// Environment finds one environment by its id, or by the base name of its folder where only one has it.
func (r Repository) Environment(id string) (Environment, error) {
	return Environment{}, nil
}

// Text is the page that `linnet inspect` prints, no line longer than width columns where its words allow that.
func (r Repository) Text(width int) string { return "" }


