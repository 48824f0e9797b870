package planner

import (
	"path"
	"strings"
)

// beyondReach says why an upgrade changes nothing in a file, "" where it may. Whatever a repository's kustomizations name is edited, and they could name what
// decides who reviews and what runs on a push, for which the bot's rights on the forge may well suffice.
func beyondReach(name string) string {
	if path.Clean(name) != name || path.IsAbs(name) || name == ".." || strings.HasPrefix(name, "../") {
		return "it leads out of the repository"
	}
	for segment := range strings.SplitSeq(strings.ToLower(name), "/") { // some file systems and forges ignore the case
		switch {
		case segment == ".github" || segment == ".gitlab" || segment == ".gitlab-ci.yml":
			return "what lies there tells the forge what to run and whom to ask"
		case segment == "codeowners":
			return "it says who must review"
		case segment == ".git" || segment == ".gitmodules" || segment == ".gitattributes":
			return "it tells Git how to read the repository"
		}
	}
	return ""
}

// reach refuses a plan that changes such a file, or writes through a symbolic link.
func (p Plan) reach() error {
	phases := p.Phases
	if p.Back != nil {
		phases = append(phases[:len(phases):len(phases)], *p.Back)
	}
	for _, phase := range phases {
		for _, change := range phase.Changes() {
			if why := beyondReach(change.Path); why != "" {
				return refuse(p.Environment, "reach", "phase %s would change %s, and no upgrade may: %s; move what the environment is built from elsewhere", phase.Name, change.Path, why)
			}
			if _, links, _ := phase.Before.Resolve(change.Path); len(links) > 0 {
				return refuse(p.Environment, "reach", "phase %s would write %s through the symbolic link %s; put the file itself there", phase.Name, change.Path, links[0])
			}
		}
	}
	return nil
}
