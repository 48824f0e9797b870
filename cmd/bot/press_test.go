package main

import (
	"testing"

	"github.com/linnet-bot/linnet/pkg/server/hook"
)

func TestPressesOfTheProjectWaitForTheNextLook(t *testing.T) {
	p := &presses{project: "acme/gitops"}
	p.add(hook.Press{Project: "acme/other"})
	for range mostPresses + 3 {
		p.add(hook.Press{Project: "Acme/GitOps"}) // GitHub ignores case
	}
	if len(p.list) != mostPresses {
		t.Errorf("%d wait, want %d", len(p.list), mostPresses)
	}
	p.give(t.Context(), nil)
	if len(p.list) != 0 {
		t.Errorf("%d wait after they were given", len(p.list))
	}
}
