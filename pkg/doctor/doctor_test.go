package doctor_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/linnet-bot/linnet/pkg/doctor"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func settings() doctor.Settings {
	return doctor.Settings{Project: "acme/gitops", Branch: "main", Own: "linnet/", Check: "linnet/gate", Method: "merge", Merges: true, Webhooks: true, Now: now}
}

// notFine are the findings that are not OK, as "severity check".
func notFine(list []doctor.Finding) string {
	var amiss []string
	for _, f := range list {
		if f.Severity != doctor.OK {
			amiss = append(amiss, string(f.Severity)+" "+f.Check)
		}
	}
	return strings.Join(amiss, ", ")
}

func TestWhatWasNotLookedAtIsUnknown(t *testing.T) {
	// Credentials that are not seen to work are an Error, and those that are seen are fine; the rest is not known.
	seen := map[string]doctor.Severity{"credentials": doctor.Error}
	works := map[string]doctor.Severity{"credentials": doctor.OK}
	with := func(more map[string]doctor.Severity) map[string]doctor.Severity {
		all := map[string]doctor.Severity{"credentials": doctor.OK}
		for k, v := range more {
			all[k] = v
		}
		return all
	}
	bot := doctor.Seen("bot")
	for _, row := range []struct {
		name  string
		list  []doctor.Finding
		known map[string]doctor.Severity
	}{
		{"GitHub", doctor.GitHub{}.Findings(settings()), seen},
		{"an App", doctor.GitHub{App: &doctor.App{}}.Findings(settings()), seen},
		{"GitHub, but for who", doctor.GitHub{Me: bot}.Findings(settings()), works},
		{"a token, but for who", doctor.GitHub{Me: bot, Token: &doctor.Token{}}.Findings(settings()), works},
		{"an App, but for who", doctor.GitHub{Me: bot, App: &doctor.App{Slug: bot, Installation: doctor.Seen(doctor.Installation{})}}.Findings(settings()), works},
		{"the details of protection", doctor.GitHub{Me: bot, Branch: doctor.Seen(true), Protection: doctor.Seen(doctor.Protection{Enabled: true})}.Findings(settings()),
			with(map[string]doctor.Severity{"branch/exists": doctor.OK})},
		{"the details of rules", doctor.GitHub{Me: bot, Rules: doctor.Seen(doctor.Rules{}), Rulesets: []doctor.Known[doctor.Ruleset]{{}, doctor.Seen(doctor.Ruleset{Name: "x"})}}.Findings(settings()),
			with(map[string]doctor.Severity{"protection/required": doctor.Error})},
		{"the settings of the repository", doctor.GitHub{Me: bot, Repository: doctor.Seen(doctor.Repository{})}.Findings(settings()), works},
		{"deliveries", doctor.GitHub{Me: bot, Hooks: doctor.Seen([]doctor.Hook{{Events: []string{"issue_comment", "pull_request", "pull_request_review", "push"}}})}.Findings(settings()), works},
		{"GitLab", doctor.GitLab{}.Findings(settings()), seen},
		{"GitLab, but for who", doctor.GitLab{Me: doctor.Seen(doctor.Account{Name: "bot", Bot: true})}.Findings(settings()), works},
		{"the branch of a local forge", doctor.Local{}.Findings(settings()), map[string]doctor.Severity{"forge": doctor.OK}},
		{"what Flux follows", doctor.Follow{Environment: "dev"}.Findings(settings()), nil},
		{"a forge that cannot be opened", doctor.Shut("no file"), seen},
	} {
		for _, f := range row.list {
			want, known := row.known[f.Check]
			if !known {
				want = doctor.Unknown
			}
			if f.Severity != want {
				t.Errorf("%s: got %+v, want %s", row.name, f, want)
			}
		}
		if len(row.list) == 0 {
			t.Errorf("%s: nothing is said", row.name)
		}
	}
}

func TestExitCodesGoBySeverity(t *testing.T) {
	of := func(severities ...doctor.Severity) []doctor.Finding {
		var list []doctor.Finding
		for _, s := range severities {
			list = append(list, doctor.Finding{Check: "x", Severity: s})
		}
		return list
	}
	for _, row := range []struct {
		list []doctor.Finding
		want int
	}{
		{of(doctor.OK), 0}, {of(doctor.OK, doctor.Warning), 0}, {of(doctor.OK, doctor.Warning, doctor.Unknown), 3}, {of(doctor.Error, doctor.Unknown), 1},
		{of(doctor.OK, doctor.Error), 1}, {nil, 3}, {of(""), 3},
	} {
		if got := doctor.NewReport("x", row.list).ExitCode(); got != row.want {
			t.Errorf("%v: got %d, want %d", row.list, got, row.want)
		}
	}
}

func TestTextFitsItsWidth(t *testing.T) {
	report := doctor.NewReport("github.com/acme/gitops", []doctor.Finding{
		{Check: "protection/bypass", Severity: doctor.Error, Text: strings.Repeat("words of a sentence ", 12), Advice: strings.Repeat("do this and that ", 12)},
		{Check: "clock", Severity: doctor.Warning, Text: "ünïcödé " + strings.Repeat("ü ", 120)},
		{Check: "token/expiry", Severity: doctor.Unknown, Text: "short"},
		{Check: "odd", Severity: "odd", Text: "short"},
	})
	for _, width := range []int{0, 1, 50, 72, 100, 500} {
		most := min(max(width, 50), 100)
		if width == 0 {
			most = 100
		}
		text := report.Text(width)
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > most || strings.TrimRight(line, " \n") != strings.TrimSuffix(line, "\n") {
				t.Errorf("width %d: %d columns in %q", width, n, line)
			}
		}
		if !strings.HasSuffix(text, "\n1 to fix, 1 warning, 2 unknown, 0 fine\n") || !strings.Contains(text, "\n? odd ") {
			t.Errorf("got\n%s", text)
		}
	}
}

func TestOnlyAForgeThatAnsweredSaysSomethingOfTheToken(t *testing.T) {
	silent, answered := doctor.Known[time.Duration]{}, doctor.Seen(time.Duration(0))
	for name, row := range map[string]struct {
		list []doctor.Finding
		want string
	}{
		"GitHub is silent":   {doctor.GitHub{Skew: silent}.Findings(settings()), "the forge has not answered"},
		"GitHub has refused": {doctor.GitHub{Skew: answered}.Findings(settings()), "the token does not work"},
		"GitLab is silent":   {doctor.GitLab{Skew: silent}.Findings(settings()), "the forge has not answered"},
		"GitLab has refused": {doctor.GitLab{Skew: answered}.Findings(settings()), "the token does not work"},
	} {
		i := slices.IndexFunc(row.list, func(f doctor.Finding) bool { return f.Check == "credentials" })
		if f := row.list[i]; f.Severity != doctor.Error || !strings.HasPrefix(f.Text, row.want) {
			t.Errorf("%s: got %+v, want %q", name, f, row.want)
		}
	}
}

func TestSkewLeavesOutWhatAnAnswerTakes(t *testing.T) {
	at := func(seconds float64) time.Time { return now.Add(time.Duration(seconds * float64(time.Second))) }
	for _, row := range []struct {
		name            string
		date            time.Time
		asked, answered float64
		want            time.Duration
	}{
		{"the same second", at(0), 0.2, 0.4, 0},
		{"a slow answer", at(4), 0.5, 9.5, 0},
		{"ahead", at(61), 0.5, 1, time.Minute},
		{"behind", at(-60), 0, 1, -59 * time.Second},
	} {
		if got := doctor.Skew(row.date, at(row.asked), at(row.answered)); got != row.want {
			t.Errorf("%s: got %s, want %s", row.name, got, row.want)
		}
	}
}

func TestClocksThatAreApartAreSaidByHowMuch(t *testing.T) {
	for skew, want := range map[time.Duration]string{
		0: "", time.Second: "", 30 * time.Second: "", 31 * time.Second: "warning clock", -31 * time.Second: "warning clock", 5 * time.Minute: "warning clock",
		5*time.Minute + time.Second: "error clock", -time.Hour: "error clock",
	} {
		list := doctor.GitHub{Skew: doctor.Seen(skew)}.Findings(settings())
		if got := strings.TrimPrefix(strings.TrimSuffix(notFine(list), ", unknown forge"), "error credentials"); strings.TrimPrefix(got, ", ") != want {
			t.Errorf("%s: got %q, want %q", skew, got, want)
		}
	}
}

func TestATokenIsSpokenOfBeforeItEnds(t *testing.T) {
	const day = 24 * time.Hour
	for _, row := range []struct {
		left time.Duration
		want string
		says string
	}{
		{-day, "error token/expiry", "the token ended on 2026-02-28"},
		{0, "error token/expiry", "the token ended on 2026-03-01"},
		{time.Hour, "error token/expiry", "in less than a day"},
		{3*day - 1, "error token/expiry", "in 2 days"},
		{3 * day, "warning token/expiry", "in 3 days"},
		{30*day - 1, "warning token/expiry", "in 29 days"},
		{30 * day, "", "in 30 days"},
	} {
		g := doctor.GitLab{Me: doctor.Seen(doctor.Account{Name: "bot", Bot: true}), Token: doctor.Seen(doctor.AccessToken{Scopes: []string{"api"}, Ends: now.Add(row.left)})}
		for _, f := range g.Findings(settings()) {
			if f.Check == "token/expiry" && (notFine([]doctor.Finding{f}) != row.want || !strings.Contains(f.Text, row.says)) {
				t.Errorf("%s left: got %+v, want %q and %q", row.left, f, row.want, row.says)
			}
		}
	}
}

func TestSecretsAreNobodyElsesToRead(t *testing.T) {
	for _, row := range []struct {
		name    string
		mode    fs.FileMode
		size    int
		problem string
		want    string
		says    string
	}{
		{"mine", 0o600, 9, "", "", ""},
		{"the group's", 0o640, 9, "", "", ""},
		{"everybody's to read", 0o644, 9, "", "warning files/forge.tokenFile", "everybody on this machine can read the token in /t (mode 0644)"},
		{"everybody's to write", 0o602, 9, "", "error files/forge.tokenFile", "can change the token"},
		{"empty", 0o600, 0, "", "error files/forge.tokenFile", "the token in /t is empty"},
		{"a folder", 0o700 | fs.ModeDir, 9, "", "error files/forge.tokenFile", "is not a file"},
		{"not there", 0, 0, "no such file or directory", "error files/forge.tokenFile", "cannot be read: no such file or directory"},
	} {
		list := doctor.File{Key: "forge.tokenFile", Path: "/t", What: "the token", Mode: row.mode, Size: row.size, Problem: row.problem}.Findings()
		if got := notFine(list); got != row.want || !strings.Contains(list[0].Text, row.says) {
			t.Errorf("%s: got %+v, want %q and %q", row.name, list, row.want, row.says)
		}
	}
}

func TestTheStateKeyIsMissedAndABrokenOneIsWorse(t *testing.T) {
	for _, row := range []struct {
		configured bool
		problem    string
		want       string
	}{{true, "", ""}, {false, "", "warning state-key"}, {true, "it has 3 bytes", "error state-key"}} {
		if got := notFine(doctor.StateKey(row.configured, row.problem)); got != row.want {
			t.Errorf("%+v: got %q", row, got)
		}
	}
}

func TestFluxFollowsTheBranchOrElsewhere(t *testing.T) {
	for _, row := range []struct {
		name string
		w    doctor.Follow
		want string
	}{
		{"the branch", doctor.Follow{Environment: "dev", Branch: doctor.Seen("main"), File: "dev/bigbang.yaml"}, ""},
		{"elsewhere", doctor.Follow{Environment: "dev", Branch: doctor.Seen("trunk"), File: "dev/bigbang.yaml"}, "error branch/flux"},
		{"nobody knows where", doctor.Follow{Environment: "dev", Branch: doctor.Unseen[string]("it is in the cluster", "kubectl")}, "unknown branch/flux"},
		{"nothing", doctor.Follow{Environment: "dev", Problem: "environment \"dev\" is not in the repository"}, "error branch/environment"},
	} {
		if got := notFine(row.w.Findings(settings())); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestAPatternOfProtectedBranchesIsAnyText(t *testing.T) {
	for _, row := range []struct {
		pattern, branch string
		want            bool
	}{
		{"main", "main", true}, {"main", "main2", false}, {"*", "a/b", true}, {"linnet/*", "linnet/dev/1", true}, {"linnet/*", "linnet", false},
		{"*-stable", "linnet/dev/1-01-crds", false}, {"*/dev/*", "linnet/dev/1", true}, {"a*a", "a", false}, {"a*a", "aa", true}, {"l*t/*/3*s", "linnet/dev/3.20.0/1-01-crds", true},
	} {
		if got := doctor.Covers(row.pattern, row.branch); got != row.want {
			t.Errorf("%s, %s: got %v", row.pattern, row.branch, got)
		}
	}
}

func TestMergersOfAGroupAreNotGuessed(t *testing.T) {
	g := doctor.GitLab{Me: doctor.Seen(doctor.Account{ID: 7, Name: "bot", Bot: true}), Level: doctor.Seen(30), Branch: doctor.Seen(doctor.ProjectBranch{Exists: true, Protected: true})}
	for _, row := range []struct {
		name    string
		mergers []doctor.Access
		want    string
	}{
		{"a group", []doctor.Access{{Level: 30, Group: true}}, "unknown"},
		{"a group and Developers", []doctor.Access{{Level: 40, Group: true}, {Level: 30}}, "ok"},
		{"another user", []doctor.Access{{Level: 40, User: 8}}, "error"},
		{"nobody", []doctor.Access{{Level: 0}}, "error"},
		{"the bot", []doctor.Access{{Level: 40, User: 7}}, "ok"},
	} {
		g.Mergers = doctor.Seen(row.mergers)
		for _, f := range g.Findings(settings()) {
			if f.Check == "merging/allowed" && string(f.Severity) != row.want {
				t.Errorf("%s: got %+v, want %s", row.name, f, row.want)
			}
		}
	}
}

func TestARuleOfMethodsIsObeyed(t *testing.T) {
	for _, row := range []struct {
		rules  doctor.Rules
		method string
		want   doctor.Severity
	}{
		{doctor.Rules{}, "merge", doctor.OK},
		{doctor.Rules{Methods: []string{"squash"}}, "merge", doctor.Error},
		{doctor.Rules{Methods: []string{"squash"}}, "squash", doctor.OK},
		{doctor.Rules{Linear: true}, "merge", doctor.Error},
		{doctor.Rules{Linear: true}, "rebase", doctor.OK},
	} {
		on := doctor.Seen(true)
		g := doctor.GitHub{Me: doctor.Seen("bot"), Rules: doctor.Seen(row.rules), Repository: doctor.Seen(doctor.Repository{Merge: on, Squash: on, Rebase: on})}
		s := settings()
		s.Method = row.method
		for _, f := range g.Findings(s) {
			if f.Check == "merging" && f.Severity != row.want {
				t.Errorf("%+v, %s: got %+v", row.rules, row.method, f)
			}
		}
	}
}
