// Package forgetest is the suite that every vendor of package forge must pass, unchanged. It uses the contract, and the program git as a
// person would: clone, commit, push.
package forgetest

import (
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// Person is another user of the project: somebody who reviews.
type Person interface {
	forge.Forge
	forge.Reviewer
}

// Fixture is one fresh project whose repository is empty and whose default branch is to be "main". Nothing is required for a merge until
// the test says so.
type Fixture struct {
	// Bot and SecondBot are two values that act as the same user, like two processes do. They share no memory.
	Bot, SecondBot forge.Forge
	// Person and SecondPerson are two more users who may push, approve and merge.
	Person, SecondPerson Person
	// Remote is what git clones and pushes to.
	Remote string
	// GitEnv is added to the environment of git.
	GitEnv []string
	// RequireApprovals and RequireCheck set the rules of the project. A required check counts only when the bot set it.
	RequireApprovals func(t *testing.T, n int)
	RequireCheck     func(t *testing.T, name string)
	// Methods are those that the project merges by; nil is every one. A vendor whose projects know only some passes the rest with another project.
	Methods []forge.Method
	// Wait lets time go by on the forge. Without it forge.Pulser is not tested.
	Wait func(d time.Duration)
}

// Run runs the suite; fresh makes a new project for each test.
func Run(t *testing.T, fresh func(t *testing.T) Fixture) {
	for _, group := range []struct {
		name  string
		cases []testCase
	}{
		{"Repository", repositoryCases},
		{"Branches", branchCases},
		{"MergeRequests", requestCases},
		{"Merge", mergeCases},
		{"Gating", gatingCases},
		{"Checks", checkCases},
		{"Comments", commentCases},
		{"Notes", noteCases},
		{"Pulse", pulseCases},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					p := newProject(t, fresh(t))
					c.run(t, p)
				})
			}
		})
	}
}

type testCase struct {
	name string
	run  func(t *testing.T, p *project)
}
