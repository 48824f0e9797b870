package chatops

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestReadUnderstands(t *testing.T) {
	day := func(text string) time.Time {
		d, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	grafana := Workload{Namespace: "monitoring", Name: "grafana"}
	for _, tc := range []struct {
		name, body string
		want       Command
	}{
		{"promote", "/canary promote", Command{Verb: Promote}},
		{"white space", "/canary \t promote \t\r\n", Command{Verb: Promote}},
		{"by name", "@linnet promote", Command{Verb: Promote}},
		{"a bare verb", "/promote", Command{Verb: Promote}},
		{"a bare verb with a commit", "/promote\t1a2b3c4", Command{Verb: Promote, Commit: "1a2b3c4"}},
		{"a commit", "/canary promote 1a2b3c4", Command{Verb: Promote, Commit: "1a2b3c4"}},
		{"a commit in capitals", "/canary promote 1A2B3C4", Command{Verb: Promote, Commit: "1a2b3c4"}},
		{"a whole commit", "@linnet promote " + strings.Repeat("0a", 20), Command{Verb: Promote, Commit: strings.Repeat("0a", 20)}},
		{"blank lines before, text after", "\r\n \n/canary pause\r\n\nThe pager is ringing.", Command{Verb: Pause}},
		{"a second command is not read", "/canary resume\n/canary rollback", Command{Verb: Resume}},
		{"status", "/canary status", Command{Verb: Status}},
		{"explain", "/canary explain", Command{Verb: Explain}},
		{"a check", "/canary explain on-1-29-0", Command{Verb: Explain, Check: "on-1-29-0"}},
		{"plan", "/canary plan", Command{Verb: Plan}},
		{"stragglers", "/canary stragglers", Command{Verb: Stragglers}},
		{"retry", "/canary retry", Command{Verb: Retry}},
		{"rollback", "/canary rollback", Command{Verb: Rollback}},
		{"abort", "/canary abort", Command{Verb: Abort}},
		{"help", "/canary help", Command{Verb: HelpVerb}},
		{"help of one", "/canary help skip-soak", Command{Verb: HelpVerb, Topic: SkipSoak}},

		{"accept", "/canary accept monitoring/grafana rolled by hand", Command{Verb: Accept, Workload: grafana, Reason: "rolled by hand"}},
		{"accept of a kind", "/canary accept StatefulSet/logging/loki-write.0 x", Command{Verb: Accept, Workload: Workload{"StatefulSet", "logging", "loki-write.0"}, Reason: "x"}},
		{"until a day, that day included", "/canary accept monitoring/grafana see OPS-12 until 2026-12-31", Command{Verb: Accept, Workload: grafana, Reason: "see OPS-12", Until: day("2027-01-01")}},
		{"UNTIL", "/canary accept monitoring/grafana see OPS-12 UNTIL 2028-02-29", Command{Verb: Accept, Workload: grafana, Reason: "see OPS-12", Until: day("2028-03-01")}},
		{"white space in a reason", "/canary  accept\tmonitoring/grafana   a \u00a0 b ", Command{Verb: Accept, Workload: grafana, Reason: "a b"}},
		{"letters that show nothing", "/canary skip-soak a\u202eb\u200b\x00c \u200d", Command{Verb: SkipSoak, Reason: "abc"}},
		{"another alphabet", "/canary skip-soak Störung, siehe 障害", Command{Verb: SkipSoak, Reason: "Störung, siehe 障害"}},
		{"the longest reason", "/canary skip-soak " + strings.Repeat("é", 500), Command{Verb: SkipSoak, Reason: strings.Repeat("é", 500)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, ok, err := Read(Comment{Body: tc.body}, "linnet")
			if !ok || err != nil || got != tc.want {
				t.Errorf("Read(%q)\n got %+v, %v, %v\nwant %+v", tc.body, got, ok, err, tc.want)
			}
			if _, ok, err := Read(Comment{Body: tc.body, Edited: true}, "linnet"); !ok || !errors.Is(err, ErrEdited) {
				t.Errorf("edited, Read(%q) = %v, %v, want ErrEdited", tc.body, ok, err)
			}
		})
	}
}

func TestReadLeavesAlone(t *testing.T) {
	for _, tc := range []struct{ name, body string }{
		{"empty", ""},
		{"text before it", "Looks good.\n/canary rollback"},
		{"text in front of it", "please /canary rollback"},
		{"indented", " /canary rollback"},
		{"indented by a tab", "\t/canary rollback"},
		{"code by indentation", "    /canary rollback"},
		{"quoted", "> /canary rollback"},
		{"a reply to a quote", "> Should I?\n\n/canary rollback"},
		{"fenced", "```\n/canary rollback\n```"},
		{"fenced with tildes", "~~~\n/canary rollback\n~~~"},
		{"inline code", "`/canary rollback`"},
		{"in a list", "- /canary rollback"},
		{"in a table", "| /canary rollback |"},
		{"after a hidden remark", "<!-- x -->\n/canary rollback"},
		{"bold", "**/canary rollback**"},
		{"an invisible first letter", "\u200b/canary rollback"},
		{"a longer prefix", "/canaryx rollback"},
		{"somebody else's verb", "/rebase"},
		{"nearly a bare verb", "/rollbacks"},
		{"a bare verb in another case", "/Rollback"},
		{"a bare verb with a blank before it", "/ rollback"},
		{"a bare verb behind a carriage return", "/\rrollback"},
		{"a bare verb behind a blank of another kind", "/\u2003rollback"},
		{"a bare verb and a blank of another kind", "/rollback\u00a0now"},
		{"a bare verb after text", "Looks good.\n/rollback"},
		{"a bare verb that is quoted", "> /rollback"},
		{"a slash", "/"},
		{"another name", "@linnets rollback"},
		{"another case", "/CANARY rollback"},
		{"a colon", "@linnet: rollback"},
		{"a slash of another width", "／canary rollback"},
		{"a lone carriage return", "text\r/canary rollback"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, edited := range []bool{false, true} {
				if got, ok, err := Read(Comment{Body: tc.body, Edited: edited}, "linnet"); ok || err != nil || got != (Command{}) {
					t.Errorf("Read(%q) = %+v, %v, %v, want nothing", tc.body, got, ok, err)
				}
			}
		})
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	const known = "known are promote, pause, resume, status, explain, plan, stragglers, retry, accept, skip-soak, rollback, abort, help"
	const accept = `; write "accept WORKLOAD REASON… [until DATE]"`
	for _, tc := range []struct{ body, want string }{
		{"/canary", "it names no command; " + known},
		{"@linnet  ", "it names no command; " + known},
		{"/canary promot", `"promot" is not a command; did you mean "promote"?`},
		{"/canary Promote", `"Promote" is not a command; did you mean "promote"?`},
		{"@linnet /promote", `"?promote" is not a command; did you mean "promote"?`},
		{"/canary rolback now", `"rolback" is not a command; did you mean "rollback"?`},
		{"/canary skip_soak x", `"skip_soak" is not a command; did you mean "skip-soak"?`},
		{"/canary merge", `"merge" is not a command; did you mean "promote"?`},
		{"/canary LGTM", `"LGTM" is not a command; did you mean "promote"?`},
		{"/canary undo", `"undo" is not a command; did you mean "rollback"?`},
		{"/canary dance", `"dance" is not a command; ` + known},
		{"/canary @all<b>`", `"?all?b??" is not a command; ` + known},

		{"/promote now", `"promote now" names no commit, which is 7 to 40 hexadecimal digits; write "promote [COMMIT]"`},
		{"/canary pause please", `"pause please" says more than pause takes; write "pause"`},
		{"/canary rollback wave-1", `"rollback wave-1" says more than rollback takes; write "rollback"`},
		{"/canary promote now", `"promote now" names no commit, which is 7 to 40 hexadecimal digits; write "promote [COMMIT]"`},
		{"/canary promote 1a2b3c", `"promote 1a2b3c" names no commit, which is 7 to 40 hexadecimal digits; write "promote [COMMIT]"`},
		{"/canary promote 1a2b3c4 and go", `"promote 1a2b3c4 and go" says more than promote takes; write "promote [COMMIT]"`},
		{"/canary explain a b", `"explain a b" says more than explain takes; write "explain [CHECK]"`},
		{"/canary explain <b>", `"explain ?b?" names no check, which is letters, digits and dashes; write "explain [CHECK]"`},
		{"/canary help promot", `"promot" is not a command; did you mean "promote"?`},
		{"/canary help me please", `"help me please" says more than help takes; write "help [VERB]"`},

		{"/canary accept", `"accept" names no workload` + accept},
		{"/canary accept grafana restarted", `"accept grafana restarted" names no workload, which is a namespace, a slash and a name` + accept},
		{"/canary accept a/b/c/d x", `"accept a/b/c/d x" names no workload, which is a namespace, a slash and a name` + accept},
		{"/canary accept Monitoring/Grafana x", `"accept Monitoring/Grafana x" names no workload, which is a namespace, a slash and a name` + accept},
		{"/canary accept */a/b x", `"accept ??a/b x" names no kind of workload, such as StatefulSet` + accept},
		{"/canary accept a/b", `"accept a/b" gives no reason` + accept},
		{"/canary accept a/b …", `"accept a/b …" gives no reason` + accept},
		{"/canary accept a/b until 2026-12-31", `"accept a/b until 2026-12-31" gives no reason` + accept},
		{"/canary accept a/b x until", `"accept a/b x until" says until, but not one date such as 2026-12-31 at the end` + accept},
		{"/canary accept a/b x until tomorrow", `"accept a/b x until tomorrow" says until, but not a date such as 2026-12-31` + accept},
		{"/canary accept a/b x until 2026-02-30", `"accept a/b x until 2026-02-30" says until, but not a date such as 2026-12-31` + accept},
		{"/canary accept a/b x until next week", `"accept a/b x until next week" says until, but not one date such as 2026-12-31 at the end` + accept},
		{"/canary accept a/b broken until fixed until 2026-12-31", `"accept a/b broken until fixed …" says until, but not one date such as 2026-12-31 at the end` + accept},
		{"/canary skip-soak", `"skip-soak" gives no reason; write "skip-soak REASON…"`},
		{"/canary skip-soak \u200b!", `"skip-soak ??" gives no reason; write "skip-soak REASON…"`},
		{"/canary skip-soak " + strings.Repeat("x", 501), `"skip-soak ` + strings.Repeat("x", 20) + `…" gives a reason of more than 500 letters; write "skip-soak REASON…"`},
	} {
		t.Run(tc.body[:min(len(tc.body), 60)], func(t *testing.T) {
			c, ok, err := Read(Comment{Body: tc.body}, "linnet")
			if err == nil || !ok || c != (Command{}) {
				t.Fatalf("Read(%q) = %+v, %v, %v, want %s", tc.body, c, ok, err, tc.want)
			}
			var m *Misunderstood
			if err.Error() != tc.want || !errors.As(err, &m) {
				t.Errorf("Read(%q)\n got %v (%T)\nwant %s", tc.body, err, err, tc.want)
			}
		})
	}
}

func TestReadKnowsNobodyByABareAt(t *testing.T) {
	if _, ok, _ := Read(Comment{Body: "@ promote"}, ""); ok {
		t.Error("a bot without a name was addressed")
	}
}

func TestWorkloadIs(t *testing.T) {
	for _, tc := range []struct {
		w    Workload
		want bool
	}{
		{Workload{"", "logging", "loki"}, true},
		{Workload{"statefulset", "logging", "loki"}, true},
		{Workload{"Deployment", "logging", "loki"}, false},
		{Workload{"", "logging", "loki-write"}, false},
		{Workload{"", "monitoring", "loki"}, false},
	} {
		if got := tc.w.Is("StatefulSet", "logging", "loki"); got != tc.want {
			t.Errorf("%s is StatefulSet/logging/loki: %v, want %v", tc.w, got, tc.want)
		}
	}
}

// What a command says, it says again when it is written down.
func TestWrittenAcceptsReadAsTheyWere(t *testing.T) {
	name := rapid.StringMatching(`[a-z0-9]([-a-z0-9]{0,10}[a-z0-9])?`)
	rapid.Check(t, func(t *rapid.T) {
		want := Command{
			Verb: Accept, Workload: Workload{Kind: rapid.SampledFrom([]string{"", "Deployment", "DaemonSet"}).Draw(t, "kind"), Namespace: name.Draw(t, "namespace"), Name: name.Draw(t, "name")},
			Reason: rapid.StringMatching(`[a-zé0-9]{1,9}( [a-z@<>/]{1,9}){0,4}`).Draw(t, "reason"),
		}
		body := "/canary accept " + want.Workload.String() + " " + want.Reason
		if rapid.Bool().Draw(t, "ends") {
			last := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 1000).Draw(t, "day"))
			want.Until = last.AddDate(0, 0, 1)
			body += " until " + last.Format(time.DateOnly)
		}
		if strings.Contains(want.Reason, "until") {
			return
		}
		if got, ok, err := Read(Comment{Body: body}, "linnet"); !ok || err != nil || got != want {
			t.Fatalf("Read(%q)\n got %+v, %v, %v\nwant %+v", body, got, ok, err, want)
		}
	})
}

// quickAction is a slash that does not stand within a word: at the beginning of a line GitLab takes what follows for a command of its own.
var quickAction = regexp.MustCompile(`(^|[^-_0-9A-Za-z])/`)

func FuzzRead(f *testing.F) {
	for _, v := range Verbs {
		f.Add(Prefix + " " + v.Usage())
		for _, example := range v.Examples {
			f.Add("@linnet " + example)
			f.Add("/" + example)
		}
	}
	for _, seed := range []string{"> /canary promote", "\n\n/canary", "/canary \xff\xfe", "/canary accept a/b c until 2026-02-29", "/canary skip-soak \u202e@all\r/x", "/canary help /x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c, ok, err := Read(Comment{Body: body}, "linnet")
		if !ok && err != nil || (err == nil && ok) != (c != Command{}) {
			t.Fatalf("Read(%q) = %v, %v, %v", body, c, ok, err)
		}
		if err != nil && (strings.ContainsAny(err.Error(), "\n\r@`<>") || quickAction.MatchString(err.Error()) || len(err.Error()) > 300) {
			t.Errorf("Read(%q) repeats what a forge would act on: %v", body, err)
		}
		bare := slices.ContainsFunc(Names(), func(name string) bool { return strings.Contains(body, "/"+name) })
		if ok && !bare && !strings.Contains(body, Prefix) && !strings.Contains(body, "@linnet") {
			t.Errorf("Read(%q) is addressed", body)
		}
		if err != nil || !ok {
			return
		}
		if _, known := verb(c.Verb); !known {
			t.Errorf("Read(%q) gives the verb %q", body, c.Verb)
		}
		if (c.Verb == Accept || c.Verb == SkipSoak) != (c.Reason != "") || strings.ContainsAny(c.Reason, "\n\r\x00") || len(c.Reason) > 4*longestReason {
			t.Errorf("Read(%q) gives the reason %q", body, c.Reason)
		}
		if _, _, edited := Read(Comment{Body: body, Edited: true}, "linnet"); !errors.Is(edited, ErrEdited) {
			t.Errorf("edited, Read(%q) = %v", body, edited)
		}
	})
}
