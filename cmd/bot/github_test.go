package main

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegithub"
)

// newGitHubTrial is a trial on a repository of a fake GitHub, with an App and with a token.
func newGitHubTrial(t *testing.T) (app, token trial) {
	t.Helper()
	fake, err := fakegithub.New(t.TempDir(), "acme/gitops", nil)
	if err != nil {
		t.Skip(err)
	}
	front := httptest.NewServer(fake)
	t.Cleanup(front.Close)
	linnet, err := fake.AddApp("linnet")
	if err != nil {
		t.Fatal(err)
	}
	at := "forge: {kind: github, url: '" + front.URL + "', project: acme/gitops, "
	app = newTrial(t, at+"app: {id: "+strconv.FormatInt(linnet.ID, 10)+", privateKeyFile: key.pem}}",
		strings.Replace(front.URL, "://", "://pat:"+fake.AddUser("pat", "admin")+"@", 1)+"/acme/gitops.git")
	app.write(t, "key.pem", string(linnet.Key))
	config, err := os.ReadFile(filepath.Join(app.dir, "linnet.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	token = trial{t.TempDir()}
	before, _, _ := strings.Cut(string(config), "forge:")
	token.write(t, "linnet.yaml", strings.NewReplacer("url: releases", "url: '"+app.dir+"/releases'", "folder: packages", "folder: '"+app.dir+"/packages'").Replace(before)+at+"tokenFile: token}\n")
	token.write(t, "token", fake.AddUser("linnet-bot", "write"))
	return app, token
}

func TestRunOnGitHubOpensTheFirstPullRequest(t *testing.T) {
	app, token := newGitHubTrial(t)
	printed, _ := app.linnet("run", "--once")
	if !strings.Contains(printed, "#1") || !strings.Contains(printed, "crds") {
		t.Errorf("run --once printed:\n%s", printed)
	}
	again, _ := app.linnet("run", "--once")
	if strings.Contains(again, "#2") || !strings.Contains(again, "#1") {
		t.Errorf("run --once a second time printed:\n%s", again)
	}
	if status, _ := token.linnet("status"); !strings.Contains(status, "#1") {
		t.Errorf("status with a token printed:\n%s", status)
	}
}

func TestATokenThatGitHubRefusesIsSaidAndNotShown(t *testing.T) {
	_, token := newGitHubTrial(t)
	const wrong = "hunter2-hunter2"
	token.write(t, "token", wrong)
	printed, code := token.linnet("run", "--once")
	if code != exitFailed || !strings.Contains(printed, "renew the token") {
		t.Errorf("code %d, printed:\n%s", code, printed)
	}
	if strings.Contains(printed, wrong) {
		t.Errorf("the token is printed:\n%s", printed)
	}
}

func TestAGitHubAppWithoutItsKeyIsSaid(t *testing.T) {
	app, _ := newGitHubTrial(t)
	for content, want := range map[string]string{"": "private key of the GitHub App cannot be read", "-": "read the private key of the GitHub App"} {
		if app.write(t, "key.pem", content); content == "-" {
			if err := os.Remove(filepath.Join(app.dir, "key.pem")); err != nil {
				t.Fatal(err)
			}
		}
		if printed, code := app.linnet("run", "--once"); code != exitFailed || !strings.Contains(printed, want) {
			t.Errorf("code %d, printed:\n%s", code, printed)
		}
	}
}

func TestRunWithATokenSaysWhatIsWeaker(t *testing.T) {
	withApp, token := newGitHubTrial(t)
	for name, row := range map[string]struct {
		in    trial
		weak  bool
		until string
	}{"a token": {token, true, "level=WARN"}, "an App": {withApp, false, "create branch"}} {
		log := &untilSaid{said: map[string]chan string{row.until: make(chan string, 1)}}
		a := &app{stdout: io.Discard, stderr: log, getenv: func(string) string { return "" }, now: time.Now, width: 80, configFile: filepath.Join(row.in.dir, "linnet.yaml")}
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- a.run(ctx, false, "") }()
		<-log.said[row.until]
		end()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: ended with %v", name, err)
		}
		log.mu.Lock()
		if got := strings.Contains(log.text.String(), "The bot uses a personal access token"); got != row.weak {
			t.Errorf("%s: says what is weaker: %v\n%s", name, got, log.text.String())
		}
		log.mu.Unlock()
	}
}
