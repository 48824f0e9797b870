package main

import (
	"bytes"
	"context"
	"errors"
	"path"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/doctor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

const whereFluxStands = "kubectl get gitrepositories -A in the cluster shows it"

// follow finds which branch Flux follows for each configured environment, as the repository itself says it.
func (a *app) follow(ctx context.Context, f forge.Forge, cfg config.Config) []doctor.Follow {
	files, repository, err := discover(ctx, f, cfg.Forge.Branch)
	var all []doctor.Follow
	for _, e := range cfg.Environments {
		w := doctor.Follow{Environment: e.Path}
		if err != nil {
			w.Branch = doctor.Unseen[string](err.Error(), whereFluxStands)
		} else if found, err := repository.Environment(e.Path); err != nil {
			w.Problem = err.Error()
		} else {
			w.Branch, w.File = followed(files, found)
		}
		all = append(all, w)
	}
	return all
}

func discover(ctx context.Context, f forge.Forge, branch string) (tree.Tree, gitops.Repository, error) {
	head, err := f.Head(ctx, branch)
	if err != nil {
		return tree.Tree{}, gitops.Repository{}, err
	}
	files, err := f.Tree(ctx, head)
	if err != nil {
		return tree.Tree{}, gitops.Repository{}, err
	}
	repository, err := gitops.Discover(files, gitops.Options{})
	return files, repository, err
}

// followed is the branch of the GitRepository that the environment's Kustomization of Flux reads. The two stand in one file in Big Bang's template; flux
// bootstrap puts the GitRepository into a folder below. Elsewhere one of the same name counts only if there is no second one that says otherwise.
func followed(files tree.Tree, e gitops.Environment) (doctor.Known[string], string) {
	if e.Flux == nil {
		return doctor.Unseen[string]("no manifest in the repository tells Flux to apply it", whereFluxStands), ""
	}
	name, _ := e.Flux.Object.Get("spec", "sourceRef", "name").(string)
	own := e.Flux.Position.File
	if ref, ok := sourceOf(files, own, name); ok {
		return branchOf(ref, name), own
	}
	folder := path.Dir(own) + "/"
	var where string
	var found doctor.Known[string]
	for _, file := range files.Paths() {
		ref, ok := sourceOf(files, file, name)
		if !ok {
			continue
		}
		branch := branchOf(ref, name)
		switch {
		case strings.HasPrefix(file, folder):
			return branch, file
		case where != "" && branch != found:
			return doctor.Unseen[string]("several GitRepositories are called "+name+", in "+where+" and "+file, whereFluxStands), file
		}
		where, found = file, branch
	}
	if where == "" {
		return doctor.Unseen[string]("the GitRepository "+name+" that it reads is not in the repository", whereFluxStands), own
	}
	return found, where
}

// branchOf is what Flux takes of a spec.ref: a commit, a name, a range or a tag win over the branch, and nothing is master.
func branchOf(ref map[string]string, name string) doctor.Known[string] {
	branch, isBranch := strings.CutPrefix(ref["name"], "refs/heads/")
	switch {
	case ref["commit"] == "" && isBranch:
		return doctor.Seen(branch)
	case ref["commit"]+ref["name"]+ref["semver"]+ref["tag"] != "":
		return doctor.Unseen[string]("the GitRepository "+name+" follows a tag or a commit, and no branch", whereFluxStands)
	case ref["branch"] != "":
		return doctor.Seen(ref["branch"])
	}
	return doctor.Seen("master")
}

// sourceOf finds the GitRepository of this name in a file and gives its spec.ref.
func sourceOf(files tree.Tree, file, name string) (map[string]string, bool) {
	text, _ := files.Read(file)
	if ext := path.Ext(file); ext != ".yaml" && ext != ".yml" || !bytes.Contains(text, []byte("GitRepository")) || !bytes.Contains(text, []byte(name)) {
		return nil, false
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var object struct {
			Kind     string `yaml:"kind"`
			Metadata struct {
				Name string `yaml:"name"`
			} `yaml:"metadata"`
			Spec struct {
				Ref map[string]string `yaml:"ref"`
			} `yaml:"spec"`
		}
		var other *yaml.TypeError
		if err := decoder.Decode(&object); err != nil && !errors.As(err, &other) { // the end, or what is no YAML
			return nil, false
		}
		if object.Kind == "GitRepository" && object.Metadata.Name == name {
			return object.Spec.Ref, true
		}
	}
}
