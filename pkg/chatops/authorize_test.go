package chatops

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var here = Target{Environment: "dev"}

func TestAuthorize(t *testing.T) {
	rights := DefaultRights()
	rights[SkipSoak] = Right{Users: []string{"ana", "deploy-bot"}}
	rights[Rollback] = Right{Role: Developer, Users: []string{"carl"}}
	rights[Accept] = Right{Groups: []int64{17, 18}, Users: []string{"ana"}}
	rights[Abort] = Right{}
	delete(rights, Retry)
	for _, tc := range []struct {
		name  string
		actor Actor
		verb  string
		at    Target
		want  string // begins with yes or no
	}{
		{"the role", Actor{Name: "ana", Role: Maintainer}, Promote, here, "yes: `ana` is a maintainer"},
		{"a higher role", Actor{Name: "ana", Role: Owner}, Promote, here, "yes: `ana` is an owner"},
		{"a lower role", Actor{Name: "bo", Role: Developer}, Promote, here, "no: `bo` is a developer, and promote takes a maintainer"},
		{"no role", Actor{Name: "bo"}, Promote, here, "no: `bo` has no role in the project, and promote takes a maintainer"},
		{"a role that does not exist", Actor{Name: "bo", Role: Owner + 1}, Promote, here, "no: `bo` has no role in the project, and promote takes a maintainer"},
		{"what only tells", Actor{Name: "bo"}, Status, here, "yes: everyone may"},
		{"named", Actor{Name: "ana"}, SkipSoak, here, "yes: `ana` is named for it"},
		{"named in another case", Actor{Name: "Ana"}, SkipSoak, here, "yes: `Ana` is named for it"},
		{"a name that only looks the same", Actor{Name: "ana\u0301"}, SkipSoak, here, "no: `ana\u0301` has no role in the project, and skip-soak takes `ana` or `deploy-bot`"},
		{"a role does not name", Actor{Name: "bo", Role: Owner}, SkipSoak, here, "no: `bo` is an owner, and skip-soak takes `ana` or `deploy-bot`"},
		{"named beside a role", Actor{Name: "carl"}, Rollback, here, "yes: `carl` is named for it"},
		{"neither", Actor{Name: "bo", Role: Reporter}, Rollback, here, "no: `bo` is a reporter, and rollback takes a developer or `carl`"},
		{"of a group", Actor{Name: "bo", Groups: []int64{18}}, Accept, here, "yes: `bo` is of group 18"},
		{"of another group", Actor{Name: "bo", Role: Owner, Groups: []int64{1}}, Accept, here,
			"no: `bo` is an owner, and accept takes somebody of group 17, somebody of group 18 or `ana`"},
		{"a bot of a group", Actor{Name: "renovate", Groups: []int64{17}, Bot: true}, Accept, here, "no: `renovate` is a bot, and a bot must be named for accept"},
		{"nobody's", Actor{Name: "ana", Role: Owner}, Abort, here, "no: nobody has the right to abort; commands.abort of the configuration gives it"},
		{"not given", Actor{Name: "ana", Role: Owner}, Retry, here, "no: nobody has the right to retry; commands.retry of the configuration gives it"},
		{"not a verb", Actor{Name: "ana", Role: Owner}, "format @disk", here, `no: "format ?disk" is not a command`},
		{"the bot itself", Actor{Name: "linnet", Role: Owner, Self: true}, Status, here, "no: the bot takes no commands from itself"},
		{"the bot itself, named", Actor{Name: "ana", Role: Owner, Self: true}, SkipSoak, here, "no: the bot takes no commands from itself"},
		{"another bot", Actor{Name: "renovate", Role: Maintainer, Bot: true}, Promote, here, "no: `renovate` is a bot, and a bot must be named for promote"},
		{"another bot, what only tells", Actor{Name: "renovate", Bot: true}, Status, here, "no: `renovate` is a bot, and a bot must be named for status"},
		{"a bot that is named", Actor{Name: "deploy-bot", Bot: true}, SkipSoak, here, "yes: `deploy-bot` is named for it"},
		{"an author who is gone", Actor{Role: Owner}, Status, here, "no: the forge does not say who wrote it"},
		{"a fork", Actor{Name: "ana", Role: Owner}, Promote, Target{Environment: "dev", Fork: true}, "no: its branch comes from a fork"},
		{"somebody else's request", Actor{Name: "ana", Role: Owner}, Promote, Target{}, "no: it belongs to no environment that is watched"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := Authorize(tc.actor, tc.verb, tc.at, rights)
			got := map[bool]string{true: "yes: ", false: "no: "}[d.Allowed] + d.Reason
			if got != tc.want {
				t.Errorf("Authorize(%+v, %s)\n got %s\nwant %s", tc.actor, tc.verb, got, tc.want)
			}
		})
	}
}

func TestNothingIsGivenByNothing(t *testing.T) {
	for _, v := range Names() {
		for _, rights := range []Rights{nil, {}, {v: {}}, {v: {Users: []string{""}}}} {
			if d := Authorize(Actor{Name: "ana", Role: Owner}, v, here, rights); d.Allowed || d.Reason == "" {
				t.Errorf("%s by %v: %+v", v, rights, d)
			}
		}
	}
}

func TestByDefaultNobodySkipsASoak(t *testing.T) {
	if d := Authorize(Actor{Name: "ana", Role: Owner}, SkipSoak, here, DefaultRights()); d.Allowed {
		t.Errorf("an owner may: %s", d.Reason)
	}
	if DefaultRights()[SkipSoak].String() != "nobody" {
		t.Errorf("%s may", DefaultRights()[SkipSoak])
	}
}

// A yes always has one of three grounds, and never reaches the bot, a fork or a stranger's request.
func TestEveryYesHasItsGround(t *testing.T) {
	users := []string{"ana", "bo", "deploy-bot"}
	rapid.Check(t, func(t *rapid.T) {
		right := Right{
			Everyone: rapid.Bool().Draw(t, "everyone"), Role: Role(rapid.IntRange(0, 5).Draw(t, "least")),
			Users: rapid.SliceOfN(rapid.SampledFrom(users), 0, 2).Draw(t, "users"),
		}
		actor := Actor{
			Name: rapid.SampledFrom(append(users, "")).Draw(t, "name"), Role: Role(rapid.IntRange(0, 5).Draw(t, "role")),
			Bot: rapid.Bool().Draw(t, "bot"), Self: rapid.Bool().Draw(t, "self"),
		}
		target := Target{Environment: rapid.SampledFrom([]string{"", "dev"}).Draw(t, "environment"), Fork: rapid.Bool().Draw(t, "fork")}
		v := rapid.SampledFrom(append(Names(), "nonsense")).Draw(t, "verb")
		d := Authorize(actor, v, target, Rights{v: right})
		named := false
		for _, u := range right.Users {
			named = named || u == actor.Name
		}
		ground := named || !actor.Bot && (right.Everyone || right.Role != NoRole && actor.Role >= right.Role)
		may := ground && !actor.Self && actor.Name != "" && target.Environment != "" && !target.Fork && v != "nonsense"
		if d.Allowed != may {
			t.Fatalf("%+v by %+v: %+v", actor, right, d)
		}
		if d.Reason == "" || strings.ContainsAny(d.Reason, "\n\r") {
			t.Fatalf("no reason that can be shown: %q", d.Reason)
		}
	})
}

func TestParseRole(t *testing.T) {
	for word, want := range map[string]Role{"guest": Guest, "read": Guest, "triage": Reporter, "write": Developer, "maintainer": Maintainer, "maintain": Maintainer, "admin": Owner} {
		if got, ok := ParseRole(word); !ok || got != want {
			t.Errorf("ParseRole(%q) = %v, %v, want %v", word, got, ok, want)
		}
	}
	for _, word := range []string{"", "nobody", "Maintainer", "root"} {
		if got, ok := ParseRole(word); ok || got != NoRole {
			t.Errorf("ParseRole(%q) = %v, %v, want none", word, got, ok)
		}
	}
	for _, word := range RoleWords() {
		if _, ok := ParseRole(word); !ok {
			t.Errorf("%q is listed, but not read", word)
		}
	}
}
