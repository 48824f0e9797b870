package charts_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

const weaker = "Weaker than it could be:"

func notes(t *testing.T, base, more string) string {
	t.Helper()
	m, err := chart(t).Render(merge(values(t, base), values(t, more)), render.HelmOptions{ReleaseName: "linnet", Namespace: namespace, KubeVersion: "1.34.0"})
	if err != nil {
		t.Fatalf("%s: %v", more, err)
	}
	return m.Notes
}

// advice are the lines of what is weaker than it could be.
func advice(text string) []string {
	_, rest, found := strings.Cut(text, weaker)
	if !found {
		return nil
	}
	rest, _, _ = strings.Cut(rest, "\nNext:")
	return strings.Split(strings.Trim(rest, "\n"), "\n")
}

// Each weakness is told where it is, and not where it is not.
func TestNotesTellWhatIsWeaker(t *testing.T) {
	const (
		plain      = "plain HTTP"
		blind      = "No environment of bot.config looks at this observer"
		unobserved = "Nothing observes the cluster of the environment"
		noKey      = "bot.config.stateKeyFile is missing"
		byClock    = "bot.config has no webhooks: the bot looks by the clock only, each 30s"
		noWay      = "No webhook can arrive"
		forgetful  = "bot.persistence is off"
		wideForge  = "narrow its cidrs"
		wideAPI    = "narrow networkPolicies.controlPlaneCidr"
		elsewhere  = "The observer runs in linnet"
		alone      = "Nothing can connect to the observer"
	)
	for _, c := range []struct {
		base, more string
		want       []string
	}{
		{gitlab, "", []string{plain, noWay, wideForge, wideAPI}},
		{gitlab, "networkPolicies: {enabled: false}", []string{plain}},
		{gitlab, "networkPolicies: {controlPlaneCidr: 10.0.0.1/32, forge: {cidrs: [203.0.113.7/32]}, webhooksFrom: [{podSelector: {}}]}", []string{plain}},
		{gitlab, "observer: {environment: '', tls: {secretName: x}}", []string{blind, unobserved, noWay, wideForge, wideAPI}},
		{gitlab, "observer: {enabled: false}", []string{unobserved, noWay, wideForge}},
		{gitlab, "{observer: {namespace: linnet}, bot: {persistence: {enabled: false}, config: {webhooks: null, stateKeyFile: null}}}",
			[]string{elsewhere, plain, noKey, byClock, forgetful, wideForge, wideAPI}},
		{observerAlone, "", []string{plain, alone, wideAPI}},
		{observerAlone, "networkPolicies: {observerFrom: [{podSelector: {}}]}", []string{plain, wideAPI}},
		{botAlone, "", []string{noKey, byClock, wideForge}},
		{everything, "", nil},
	} {
		got := advice(notes(t, c.base, c.more))
		if len(got) != len(c.want) {
			t.Errorf("with %s: got %d of %d:\n%s", c.more, len(got), len(c.want), strings.Join(got, "\n"))
			continue
		}
		for i, want := range c.want {
			if !strings.HasPrefix(got[i], "* ") || !strings.Contains(got[i], want) {
				t.Errorf("with %s: got %q, want %q", c.more, got[i], want)
			}
		}
	}
}

var step = regexp.MustCompile(`(?m)^(\d+)\. `)

// The steps are numbered, name what is really there, and nothing is empty.
func TestNotesSayWhatToDoNext(t *testing.T) {
	for name, wants := range map[string][]string{
		"gitlab": {
			"Linnet v0.1.0: the observer linnet-observer in istio-system, the bot linnet-bot in linnet.",
			"kubectl -n linnet create secret generic linnet-credentials \\\n       --from-file=token \\\n       --from-file=webhook-signing-token \\\n       --from-file=state-key\n",
			"kubectl -n istio-system rollout status deployment/linnet-observer",
			"kubectl -n linnet exec deployment/linnet-bot -c bot -- /linnet doctor --config /etc/linnet/linnet.yaml",
		},
		"observer alone": {
			"Linnet v0.1.0: the observer linnet-observer in istio-system.", "url: http://linnet-observer.istio-system.svc:8443",
			"a token of audience linnet-observer of linnet/linnet-bot or gitlab-runner/check",
		},
		"bot alone":  {"Linnet v0.1.0: the bot linnet-bot in linnet.", "--from-file=github-app.pem \\\n       --from-file=dev-token \\\n       --from-file=ca.pem\n"},
		"everything": {"--from-file=ca.pem \\", "https://linnet.example.com/hooks/github"},
	} {
		text := notes(t, installations[name], "")
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", name, want, text)
			}
		}
		for _, bad := range []string{"\n\n\n", "<no value>", "%!", "map[", " \n", "nil", "\t"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s: there is %q in\n%s", name, bad, text)
			}
		}
		for i, found := range step.FindAllStringSubmatch(text, -1) {
			if found[1] != fmt.Sprint(i+1) {
				t.Errorf("%s: step %s is number %d in\n%s", name, found[1], i+1, text)
			}
		}
		if !step.MatchString(text) {
			t.Errorf("%s: there is no step in\n%s", name, text)
		}
		t.Logf("%s:\n%s", name, text)
	}
}
