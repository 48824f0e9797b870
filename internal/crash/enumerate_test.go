package crash

import (
	"reflect"
	"slices"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// Methods of a forge that change nothing. Every other one must pass the tap; a method that is new to the interface counts as one that writes.
var reads = []string{
	"Branches", "Checks", "Comments", "DefaultBranch", "FirstParent", "Find", "Get", "GetComment", "Head", "IsAncestor", "Me", "MergeBase", "Preview",
	"ReadCommit", "Tree",
}

func TestEveryWriteOfAForgePassesTheTap(t *testing.T) {
	contract := reflect.TypeFor[forge.Forge]()
	for _, name := range reads {
		if _, ok := contract.MethodByName(name); !ok {
			t.Errorf("forge.Forge has no method %s", name)
		}
	}
	for i := range contract.NumMethod() {
		name := contract.Method(i).Name
		if got, want := tapsOf(name), !slices.Contains(reads, name); got != want {
			t.Errorf("%s passes the tap: %v, want %v", name, got, want)
		}
	}
}

// tapsOf calls a method on a forge that is not there, and tells whether the tap was passed before that showed.
func tapsOf(name string) (passed bool) {
	f := tapped{tap: &tap{stop: never}}
	defer func() {
		_ = recover() // the nil forge
		passed = len(f.seen) > 0
	}()
	method := reflect.ValueOf(f).MethodByName(name)
	var args []reflect.Value
	for i := range method.Type().NumIn() {
		args = append(args, reflect.Zero(method.Type().In(i)))
	}
	method.Call(args)
	return
}
