package charts_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

var block = regexp.MustCompile("(?s)```yaml\n(.*?)```")

const (
	installation = "../docs/install-cluster.md"
	readme       = "linnet/README.md"
)

// snippet is the one block of YAML of a page that holds the text.
func snippet(t testing.TB, file, holds string) string {
	t.Helper()
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, b := range block.FindAllStringSubmatch(string(page), -1) {
		if strings.Contains(b[1], holds) {
			found = append(found, b[1])
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d blocks of %s hold %q, want one", len(found), file, holds)
	}
	return found[0]
}

// What people copy from the page works as it stands.
func TestPageOfTheInstallationWorks(t *testing.T) {
	install := func(text map[string]any) render.Manifest {
		t.Helper()
		m, err := chart(t).Render(text, render.HelmOptions{ReleaseName: "linnet", Namespace: namespace, KubeVersion: "1.34.0"})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	byHelm := snippet(t, installation, "# values.yaml")
	if got := advice(install(values(t, byHelm)).Notes); len(got) != 1 || !strings.Contains(got[0], "plain HTTP") {
		t.Errorf("installed as the page says there is still to advise: %q", got)
	}
	loaded(t, byHelm)
	m := install(merge(values(t, byHelm), values(t, snippet(t, installation, "ca: |"))))
	if got := advice(m.Notes); got != nil {
		t.Errorf("with TLS there is still to advise: %q", got)
	}
	install(merge(values(t, byHelm), map[string]any{"networkPolicies": values(t, snippet(t, installation, "botEgress:"))}))
	alone := install(values(t, snippet(t, installation, "enabled: false")))
	if got := advice(alone.Notes); len(got) != 1 || !strings.Contains(got[0], "controlPlaneCidr") {
		t.Errorf("the observer alone: %q", got)
	}
	if !strings.Contains(alone.Notes, "url: https://observer.dev.example.com\n") {
		t.Errorf("the notes do not say what the page says:\n%s", alone.Notes)
	}
	if got := advice(install(values(t, snippet(t, readme, "bot: {enabled: false}"))).Notes); len(got) != 1 || !strings.Contains(got[0], "controlPlaneCidr") {
		t.Errorf("the observer alone, by the README: %q", got)
	}
	if _, err := config.Load("linnet.yaml", []byte(snippet(t, installation, "tokenFile: dev-token"))); err != nil {
		t.Errorf("the bot elsewhere: %v", err)
	}
}
