package demo_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/demo"
	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/internal/outbox"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/server/hook"
)

const webhookSecret = "correct horse battery staple"

// bell is where the webhooks of a fake forge arrive, at the receiver of the program and over real HTTP.
type bell struct {
	testing.TB
	*httptest.Server
	receiving sync.WaitGroup
	sent      func()                  // waits until the forge has sent everything
	all       func() []outbox.Attempt // that it has sent
	deliver   func(outbox.Delivery) []outbox.Delivery

	begin func() // a receiver that remembers no deliveries, as after a restart

	mu      sync.Mutex
	receive http.Handler
	rung    bool // since it was asked last
	pressed []hook.Press
}

func newBell(t testing.TB, deliver func(outbox.Delivery) []outbox.Delivery) *bell {
	t.Helper()
	return &bell{TB: t, deliver: deliver, sent: func() {}}
}

// listen begins to receive.
func (b *bell) listen(project string, receiver func(hook.Options) (http.Handler, error)) {
	b.Helper()
	b.begin = func() {
		// It lives by the machine's clock, as its deadlines do.
		receive, err := receiver(hook.Options{Deliveries: hook.NewMemory(), Now: time.Now,
			Wake: func(h hook.Hint) {
				b.mu.Lock()
				defer b.mu.Unlock()
				b.rung = b.rung || h.Project == "" || strings.EqualFold(h.Project, project)
			},
			Press: func(p hook.Press) {
				b.mu.Lock()
				defer b.mu.Unlock()
				b.pressed = append(b.pressed, p)
			},
		})
		if err != nil {
			b.Fatal(err)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.receive = receive
	}
	b.begin()
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.receiving.Add(1)
		defer b.receiving.Done()
		b.mu.Lock()
		receive := b.receive
		b.mu.Unlock()
		receive.ServeHTTP(w, r)
	}))
	b.Cleanup(b.Close)
}

func (b *bell) secret() ([]string, error) { return []string{webhookSecret}, nil }

// onFakeGitLab and onFakeGitHub subscribe it.
func (b *bell) onFakeGitLab(fake *fakegitlab.Server) {
	b.listen(gitlabProject, func(o hook.Options) (http.Handler, error) { return hook.NewGitLab(b.secret, nil, o) })
	b.sent, b.all = fake.SettleWebhooks, fake.Webhooks
	if err := fake.Subscribe(fakegitlab.Subscription{URL: b.URL, Token: webhookSecret, Deliver: b.deliver}); err != nil {
		b.Fatal(err)
	}
}

func (b *bell) onFakeGitHub(fake *fakegithub.Server, app fakegithub.App) {
	b.listen(githubProject, func(o hook.Options) (http.Handler, error) { return hook.NewGitHub(b.secret, o) })
	b.sent, b.all = fake.SettleWebhooks, fake.Webhooks
	if err := fake.Subscribe(fakegithub.Subscription{URL: b.URL, Secret: webhookSecret, App: app.ID, Deliver: b.deliver}); err != nil {
		b.Fatal(err)
	}
}

// rings waits until all webhooks are in and tells whether one has woken the bot since it was asked last.
func (b *bell) rings() bool {
	b.sent()
	b.receiving.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	rung := b.rung
	b.rung = false
	return rung
}

// presses are the buttons that were pressed since it was asked last.
func (b *bell) presses() []hook.Press {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.pressed
	b.pressed = nil
	return list
}

// stage makes a forge with files on it, and vendor one that rings a bell.
type (
	stage  = func(tree.Tree, func() time.Time) (demo.Forge, error)
	vendor = func(testing.TB, *bell) stage
)

var vendors = map[string]vendor{
	"github": func(t testing.TB, b *bell) stage { return onGitHub(t, b.onFakeGitHub) },
	"gitlab": func(t testing.TB, b *bell) stage { return onGitLab(t, b.onFakeGitLab) },
}
