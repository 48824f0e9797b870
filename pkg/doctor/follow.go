package doctor

// Follow is which branch Flux follows for one environment, by the manifests in the repository.
type Follow struct {
	Environment string
	// Branch of the GitRepository that the environment's Kustomization reads.
	Branch Known[string]
	// File is where that stands.
	File string
	// Problem is why there is no such environment; "" when there is.
	Problem string
}

// Findings judges one environment.
func (w Follow) Findings(s Settings) []Finding {
	var f findings
	check, looked := "branch/flux", w.File
	if looked == "" {
		looked = "the manifests at the head of " + s.Branch
	}
	switch {
	case w.Problem != "":
		f.fail("branch/environment", looked, "correct the path in environments of the configuration, or forge.branch", "%s", w.Problem)
	case !w.Branch.Seen:
		f.unknown(check, looked, w.Branch.Right, "which branch Flux follows for "+w.Environment+" is not known", w.Branch.Why)
	case w.Branch.Value != s.Branch:
		f.fail(check, looked, "write forge.branch: "+w.Branch.Value+" into the configuration, or let Flux follow "+s.Branch,
			"Flux follows the branch %s for %s, but the bot's merge requests aim at %s: they would change nothing", w.Branch.Value, w.Environment, s.Branch)
	default:
		f.ok(check, looked, "Flux follows %s for %s, as the bot does", s.Branch, w.Environment)
	}
	return f.list
}

// branch judges whether the branch exists. shown is how the forge was asked.
func (f *findings) branch(exists Known[bool], s Settings, looked string) {
	const check = "branch/exists"
	switch {
	case !exists.Seen:
		f.unknown(check, looked, exists.Right, "whether there is a branch "+s.Branch+" is not known", exists.Why)
	case !exists.Value:
		f.fail(check, looked, "name the branch that Flux follows in forge.branch of the configuration", "there is no branch %s in %s", s.Branch, s.Project)
	default:
		f.ok(check, looked, "the branch %s exists", s.Branch)
	}
}
