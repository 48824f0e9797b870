package redacted

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/forgetest"
	"github.com/linnet-bot/linnet/pkg/forge/local"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

const (
	secret = "s3cr3t-of-the-forge"
	// shaped was never told to the program.
	shaped = "glpat-ABCDEFGHIJKLMNOPQRST"
)

func TestARedactedForgeKeepsTheContract(t *testing.T) {
	forgetest.Run(t, func(t *testing.T) forgetest.Fixture {
		dir := filepath.Join(t.TempDir(), "forge")
		if err := local.Create(dir, local.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		settings := func(edit func(*local.Settings)) {
			t.Helper()
			f := on(t, dir, "owner")
			s, err := f.Settings(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			edit(&s)
			if err := f.SetSettings(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		bot := on(t, dir, "linnet")
		return forgetest.Fixture{
			Bot: New(bot, transport.NewRedactor(secret)), SecondBot: New(on(t, dir, "linnet"), transport.NewRedactor(secret)),
			Person: on(t, dir, "pat"), SecondPerson: on(t, dir, "sam"), Remote: bot.GitDir(),
			RequireApprovals: func(_ *testing.T, n int) { settings(func(s *local.Settings) { s.RequiredApprovals = n }) },
			RequireCheck: func(_ *testing.T, name string) {
				settings(func(s *local.Settings) {
					s.RequiredChecks = append(s.RequiredChecks, local.RequiredCheck{Name: name, By: "linnet"})
				})
			},
		}
	})
}

func on(t *testing.T, dir, who string) *local.Forge {
	t.Helper()
	f, err := local.Open(dir, who)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// exact are strings that others made and that are no text: SHAs, states and words of the contract. Reads are not written at all.
var exact = []string{
	"Commit.Parent", "DeleteBranch.0", "DeleteBranch.1", "Merge.Head", "Merge.Method", "SetCheck.0", "SetCheck.State", "SetCheck.By.ID", "SetCheck.By.Name",
	"React.2", "Unreact.2",
}

var reads = []string{
	"Branches", "Checks", "Comments", "DefaultBranch", "FirstParent", "Find", "Get", "GetComment", "Head", "IsAncestor", "Me", "MergeBase", "Preview",
	"ReadCommit", "Tree",
}

// Every string that any write of the contract takes is tried, so that one that is new to it cannot be forgotten.
func TestNoStringThatIsWrittenHoldsASecret(t *testing.T) {
	contract := reflect.TypeFor[forge.Forge]()
	tried := 0
	for i := range contract.NumMethod() {
		method := contract.Method(i)
		if slices.Contains(reads, method.Name) {
			continue
		}
		for n := 1; n < method.Type.NumIn(); n++ {
			for _, place := range stringsOf(method.Type.In(n), method.Name, n-1) {
				if slices.Contains(exact, place.name) {
					continue
				}
				for _, text := range []string{secret, base64.StdEncoding.EncodeToString([]byte("x:" + secret + "y"))} {
					tried++
					under := &written{}
					args := []reflect.Value{reflect.ValueOf(t.Context())}
					for k := 1; k < method.Type.NumIn(); k++ {
						arg := reflect.New(method.Type.In(k)).Elem()
						if k == n {
							place.set(arg, "before "+text+" after")
						}
						args = append(args, arg)
					}
					out := reflect.ValueOf(New(under, transport.NewRedactor(secret))).MethodByName(method.Name).Call(args)
					err, _ := out[len(out)-1].Interface().(error)
					told, failed := json.Marshal(under.args)
					switch {
					case failed != nil:
						t.Fatal(failed)
					case err == nil && under.args == nil:
						t.Errorf("%s: nothing is written, without an error", place.name)
					case err != nil && (under.args != nil || strings.Contains(err.Error(), text)):
						t.Errorf("%s: the error is %v, and written was %s", place.name, err, told)
					case strings.Contains(string(told), text), strings.Contains(string(told), base64.StdEncoding.EncodeToString([]byte("before "+text+" after"))):
						t.Errorf("%s: written is %s", place.name, told)
					}
				}
			}
		}
	}
	if tried < 30 {
		t.Errorf("only %d strings were tried", tried)
	}
}

// place is a string somewhere within an argument.
type place struct {
	name string
	set  func(arg reflect.Value, text string)
}

// stringsOf finds all strings in a type: an argument by its number, a field by its name.
func stringsOf(of reflect.Type, method string, n int) []place {
	name := method + "." + fmt.Sprint(n)
	if of.Kind() == reflect.Struct {
		name = method
	}
	return within(of, name)
}

func within(of reflect.Type, name string) (all []place) {
	deeper := func(inner []place, step func(reflect.Value) reflect.Value) {
		for _, p := range inner {
			all = append(all, place{p.name, func(v reflect.Value, text string) { p.set(step(v), text) }})
		}
	}
	switch of.Kind() {
	case reflect.String:
		return []place{{name, func(v reflect.Value, text string) { v.SetString(text) }}}
	case reflect.Pointer:
		deeper(within(of.Elem(), name), func(v reflect.Value) reflect.Value {
			v.Set(reflect.New(of.Elem()))
			return v.Elem()
		})
	case reflect.Slice:
		if of.Elem().Kind() == reflect.Uint8 {
			return []place{{name, func(v reflect.Value, text string) { v.SetBytes([]byte(text)) }}}
		}
		deeper(within(of.Elem(), name), func(v reflect.Value) reflect.Value {
			v.Set(reflect.MakeSlice(of, 1, 1))
			return v.Index(0)
		})
	case reflect.Struct:
		for i := range of.NumField() {
			if of.Field(i).IsExported() {
				deeper(within(of.Field(i).Type, name+"."+of.Field(i).Name), func(v reflect.Value) reflect.Value { return v.Field(i) })
			}
		}
	}
	return all
}

func TestWhatIsWrittenForPeopleSaysThatSomethingWasThere(t *testing.T) {
	under := &written{}
	f := New(under, transport.NewRedactor(secret))
	if _, err := f.AddComment(t.Context(), 1, "the registry says: bad token "+secret+" or "+shaped); err != nil {
		t.Fatal(err)
	}
	if got, want := under.args[1], "the registry says: bad token [redacted] or [redacted]"; got != want {
		t.Errorf("written is %q, want %q", got, want)
	}
}

func TestFilesAreByteExactOrNotAtAll(t *testing.T) {
	for name, tc := range map[string]struct {
		content string
		refused bool
	}{
		"ordinary":                           {"a: b\r\n", false},
		"what only looks like a token":       {"token: " + shaped + "\n", false},
		"a known secret":                     {"token: " + secret + "\n", true},
		"a known secret in base64":           {"token: " + base64.StdEncoding.EncodeToString([]byte(secret)) + "\n", true},
		"a known secret within other base64": {"auth: " + base64.StdEncoding.EncodeToString([]byte("bot:"+secret)) + "\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			under := &written{}
			f := New(under, transport.NewRedactor(secret))
			_, err := f.Commit(t.Context(), forge.NewCommit{Branch: "b", Message: "m", Changes: []tree.Change{{Path: "dev/values.yaml", Content: []byte(tc.content)}}})
			if !tc.refused {
				if err != nil {
					t.Fatal(err)
				}
				if got := string(under.args[0].(forge.NewCommit).Changes[0].Content); got != tc.content {
					t.Errorf("written is %q, want %q", got, tc.content)
				}
				return
			}
			if !errors.Is(err, forge.ErrChangeRefused) || !strings.Contains(err.Error(), "dev/values.yaml") || strings.Contains(err.Error(), secret) || under.args != nil {
				t.Errorf("gives %v after writing %v, want it refused before", err, under.args)
			}
		})
	}
}

// A bot that compares what is there with what it wants to say must come to rest, also after a restart.
func TestATextWithASecretIsWrittenOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "forge")
	if err := local.Create(dir, local.CreateOptions{Initial: tree.New(map[string][]byte{"a": []byte("a")})}); err != nil {
		t.Fatal(err)
	}
	under := on(t, dir, "linnet")
	ctx := t.Context()
	head, err := under.Head(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := under.Commit(ctx, forge.NewCommit{Branch: "b", Create: true, Parent: head, Message: "m", Changes: []tree.Change{{Path: "b", Content: []byte("b")}}}); err != nil {
		t.Fatal(err)
	}
	title, body := "About "+secret, "the registry says "+secret
	f := New(under, transport.NewRedactor(secret))
	opened, err := f.Open(ctx, forge.OpenRequest{Source: "b", Target: "main", Title: title, Description: body})
	if err != nil {
		t.Fatal(err)
	}
	check := forge.Check{Name: "gate", State: forge.InProgress, Title: strings.Repeat("x", 200) + secret + strings.Repeat("y", 200), Summary: body}
	for range 2 { // the second time as another process
		for range 2 {
			if _, err := forge.SetNote(ctx, f, opened.Number, "progress", body); err != nil {
				t.Fatal(err)
			}
			if err := f.SetCheck(ctx, head, check); err != nil {
				t.Fatal(err)
			}
			if _, err := f.Update(ctx, opened.Number, forge.Update{Title: &title, Description: &body}); err != nil {
				t.Fatal(err)
			}
			equal(t, f, opened.Number, head, title, body, check)
		}
		f = New(under, transport.NewRedactor(secret))
	}
	comments, err := under.Comments(ctx, opened.Number)
	if err != nil || len(comments) != 1 || !comments[0].Edited.IsZero() || strings.Contains(comments[0].Body, secret) {
		t.Errorf("on the forge stand %+v (%v), want one comment, never edited, without the secret", comments, err)
	}
	m, err := under.Get(ctx, opened.Number)
	if err != nil || strings.Contains(m.Title+m.Description, secret) || !m.Updated.Equal(opened.Updated) {
		t.Errorf("on the forge stands %+v (%v), want it without the secret, and as it was opened", m, err)
	}
}

func equal(t *testing.T, f forge.Forge, number int, sha, title, body string, check forge.Check) {
	t.Helper()
	ctx := t.Context()
	m, getErr := f.Get(ctx, number)
	found, findErr := f.Find(ctx, forge.Query{})
	comments, commentsErr := f.Comments(ctx, number)
	checks, checksErr := f.Checks(ctx, sha)
	if err := errors.Join(getErr, findErr, commentsErr, checksErr); err != nil {
		t.Fatal(err)
	}
	one, err := f.GetComment(ctx, number, comments[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	note, _ := forge.Note([]forge.Comment{one}, one.By, "progress")
	for what, got := range map[string]string{"Get": m.Title + m.Description, "Find": found[0].Title + found[0].Description} {
		if got != title+body {
			t.Errorf("%s gives %q, want %q", what, got, title+body)
		}
	}
	if note != body || comments[0].Body != one.Body {
		t.Errorf("the note is %q and listed as %q, want %q", note, comments[0].Body, body)
	}
	if checks[0].Title != check.Title || checks[0].Summary != body {
		t.Errorf("the check is %q, %q, want %q, %q", checks[0].Title, checks[0].Summary, check.Title, body)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := &meant{}
	for i := range 2 * mostMeant {
		m.remember(fmt.Sprint("said ", i), "meant")
	}
	if len(m.texts) != mostMeant || len(m.order) != mostMeant || m.by("said 0") != "said 0" || m.by(fmt.Sprint("said ", 2*mostMeant-1)) != "meant" {
		t.Errorf("%d texts are remembered in the order of %d, want the last %d", len(m.texts), len(m.order), mostMeant)
	}
}
