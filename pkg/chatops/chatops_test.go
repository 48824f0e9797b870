package chatops

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	const none, promote = "not addressed", "promote"
	for _, tc := range []struct{ name, body, want string }{
		{"plain", "/canary promote", promote},
		{"by name", "@linnet promote", promote},
		{"white space at the end", "/canary promote \t\r\n", promote},
		{"more white space between", "/canary \t promote", promote},
		{"blank lines before", "\n  \n\r\n/canary promote", promote},
		{"text after it", "/canary promote\n\nThe dashboards look fine.", promote},
		{"a second command is not read", "/canary promote\n/canary rollback", promote},

		{"empty", "", none},
		{"blank", " \n\t\n", none},
		{"text before it", "Looks good.\n/canary promote", none},
		{"text in front of it", "please /canary promote", none},
		{"indented", " /canary promote", none},
		{"indented by a tab", "\t/canary promote", none},
		{"code by indentation", "    /canary promote", none},
		{"quoted", "> /canary promote", none},
		{"fenced", "```\n/canary promote\n```", none},
		{"inline code", "`/canary promote`", none},
		{"in a list", "- /canary promote", none},
		{"bold", "**/canary promote**", none},
		{"another prefix", "/promote", none},
		{"a longer prefix", "/canaryx promote", none},
		{"another case", "/Canary promote", none},
		{"another bot", "@linnet2 promote", none},
		{"the name without @", "linnet promote", none},
		{"a comment that is not shown", "<!-- x -->\n/canary promote", none},
		{"an invisible first letter", "\u200b/canary promote", none},

		{"no verb", "/canary", `"" names no command; known are promote`},
		{"slip", "/canary promot", `"promot" is not a command; did you mean "promote"?`},
		{"case of the verb", "/canary Promote", `"Promote" is not a command; did you mean "promote"?`},
		{"nothing near", "@linnet dance", `"dance" is not a command; known are promote`},
		{"too much", "/canary promote now please", `"promote now please" says more than promote takes; did you mean "promote"?`},
		{"what a forge would act on", "/canary @all<script>`", `"?all?script??" is not a command; known are promote`},
		{"very long", "/canary " + strings.Repeat("x", 100), `"` + strings.Repeat("x", 30) + `…" is not a command; known are promote`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, ok, err := Parse(tc.body, "linnet")
			got := c.Verb
			switch {
			case !ok:
				got = none
			case err != nil:
				got = err.Error()
				var m *Misunderstood
				if !errors.As(err, &m) {
					t.Errorf("the error is a %T", err)
				}
			}
			if got != tc.want {
				t.Errorf("Parse(%q)\n got %s\nwant %s", tc.body, got, tc.want)
			}
		})
	}
}

func TestNobodyIsAddressedByABareAt(t *testing.T) {
	if _, ok, _ := Parse("@ promote", ""); ok {
		t.Error("a bot without a name was addressed")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"/canary promote", "@linnet promot", "> /canary promote", "\n\n/canary", "/canary \xff\xfe"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c, ok, err := Parse(body, "linnet")
		if !ok && (err != nil || c != (Command{})) || err != nil && c != (Command{}) {
			t.Errorf("Parse(%q) = %v, %v, %v", body, c, ok, err)
		}
		if err != nil && (strings.ContainsAny(err.Error(), "\n\r@`<>/") || len(err.Error()) > 200) {
			t.Errorf("Parse(%q) repeats what a forge would act on: %v", body, err)
		}
		if ok && !strings.Contains(body, Prefix) && !strings.Contains(body, "@linnet") {
			t.Errorf("Parse(%q) is addressed", body)
		}
	})
}
