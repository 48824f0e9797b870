package redacted

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
)

func TestWhatAForgeCanBesideTheContractComesThroughButForApproving(t *testing.T) {
	type bare struct{ forge.Forge }
	under := bare{}
	all := able{}
	for want, f := range map[string]forge.Forge{
		"": under,
		"R": struct {
			bare
			forge.Roles
		}{under, all},
		"G": struct {
			bare
			forge.Groups
		}{under, all},
		"RG": struct {
			bare
			forge.Roles
			forge.Groups
		}{under, all, all},
		"Q": struct {
			bare
			forge.MergeQueue
		}{under, all},
		"RQ": struct {
			bare
			forge.Roles
			forge.MergeQueue
		}{under, all, all},
		"GQ": struct {
			bare
			forge.Groups
			forge.MergeQueue
		}{under, all, all},
		"RGQ": struct {
			bare
			forge.Roles
			forge.Groups
			forge.MergeQueue
		}{under, all, all, all},
		"P": struct {
			bare
			forge.Pulser
		}{under, all},
		"RP": struct {
			bare
			forge.Roles
			forge.Pulser
		}{under, all, all},
		"GP": struct {
			bare
			forge.Groups
			forge.Pulser
		}{under, all, all},
		"RGP": struct {
			bare
			forge.Roles
			forge.Groups
			forge.Pulser
		}{under, all, all, all},
		"QP": struct {
			bare
			forge.MergeQueue
			forge.Pulser
		}{under, all, all},
		"RQP": struct {
			bare
			forge.Roles
			forge.MergeQueue
			forge.Pulser
		}{under, all, all, all},
		"GQP": struct {
			bare
			forge.Groups
			forge.MergeQueue
			forge.Pulser
		}{under, all, all, all},
		"RGQP": struct {
			bare
			able
		}{under, all}, // and forge.Reviewer
	} {
		wrapped, got := New(f, transport.NewRedactor()), ""
		if r, ok := wrapped.(forge.Roles); ok {
			if word, _ := r.Role(t.Context(), forge.User{}); word == "maintainer" {
				got += "R"
			}
		}
		if g, ok := wrapped.(forge.Groups); ok {
			if in, _ := g.InGroup(t.Context(), 1, forge.User{}); in {
				got += "G"
			}
		}
		if q, ok := wrapped.(forge.MergeQueue); ok {
			if groups, _ := q.MergeGroups(t.Context(), "main"); len(groups) == 1 {
				got += "Q"
			}
		}
		if p, ok := wrapped.(forge.Pulser); ok {
			if mark, _ := p.Pulse(t.Context(), "main"); mark == "beats on main" {
				got += "P"
			}
		}
		if got != want {
			t.Errorf("of %q comes through %q", want, got)
		}
		if _, approves := wrapped.(forge.Reviewer); approves {
			t.Errorf("the one with %q can approve", want)
		}
	}
}

// An interface that is new in package forge must come through here, or be refused on purpose.
func TestEveryOptionalInterfaceIsKnownHere(t *testing.T) {
	known := []string{
		"Forge", "Repository", "MergeRequests", "Checks", "Comments", // the contract
		"NoteKeeper",                              // a part of it
		"Roles", "Groups", "MergeQueue", "Pulser", // come through
		"Reviewer", // does not
	}
	files, err := filepath.Glob("../*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files of package forge: %v", len(files), err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() {
				if _, is := spec.Type.(*ast.InterfaceType); is && !slices.Contains(known, spec.Name.Name) {
					t.Errorf("forge.%s is an interface that New does not know", spec.Name.Name)
				}
			}
			return true
		})
	}
}
