package crash

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/linnet-bot/linnet/internal/miniature/shelf"
	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/local"
	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/release"
	"github.com/linnet-bot/linnet/pkg/store"
	"github.com/linnet-bot/linnet/pkg/store/recorder"
)

// botOf makes the test binary the bot; it names the repository of releases.
const botOf = "CRASH_TEST_BOT_OF"

// Order is one look of the bot at one world.
type Order struct {
	World       string    `json:"world"`
	Observation string    `json:"observation"` // file
	Now         time.Time `json:"now"`
	Stop        int       `json:"stop"` // index of the instant to be killed at, or one of the below
}

// Where else a look may stop.
const (
	never       = -1
	firstEffect = -2 // right after the first on the forge
)

// Answer is what a look came to.
type Answer struct {
	Instants  []Instant           `json:"instants"` // that were passed
	Killed    bool                `json:"killed"`   // or will be, once it is told
	Situation conductor.Situation `json:"situation"`
	Request   int                 `json:"request"`
	Done      int                 `json:"done"`
	Phases    int                 `json:"phases"`
	Happening string              `json:"happening"`
	Error     string              `json:"error,omitempty"`
}

// The policy of both stories.
const (
	tick     = 2 * time.Minute // between two looks
	maxGap   = 5 * time.Minute
	soak     = 4 * time.Minute
	maxDwell = 10 * time.Minute
)

var policy = planner.Policy{
	Waves: []planner.WaveChoice{{Name: "all", Rest: true}},
	Soak:  planner.Soak{Wave: soak, Gateway: soak, Bump: soak, Cleanup: soak},
}

const stateKey = "a key that is only for these tests, and long enough"

// process is the bot: it takes lists of orders, one a line, and answers each list. Looks that are to be killed never end: when all others of the list have
// ended and these stand at their instants, the process says so and kills itself.
type process struct {
	material planner.Material
	plans    plans
}

func serve(releases string, in io.Reader, out io.Writer) error {
	source, err := release.Open(release.Options{URL: releases})
	if err != nil {
		return err
	}
	watchTransactions()
	p := &process{material: shelf.Releases{Source: source}.Material()}
	answers := json.NewEncoder(out)
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var orders []Order
		if err := json.Unmarshal(lines.Bytes(), &orders); err != nil {
			return err
		}
		all, killed := p.take(orders)
		if err := answers.Encode(all); err != nil {
			return err
		}
		if killed {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	return lines.Err()
}

// take carries out orders, one after the other.
func (p *process) take(orders []Order) (all []Answer, killed bool) {
	for _, o := range orders {
		ended := make(chan Answer, 1)
		die := func(passed []Instant) {
			ended <- Answer{Instants: passed, Killed: true}
			select {} // with everything that it holds
		}
		go func() { ended <- p.look(o, die) }()
		a := <-ended
		all, killed = append(all, a), killed || a.Killed
	}
	return all, killed
}

func (p *process) look(o Order, die func([]Instant)) Answer {
	b, err := p.open(o, die)
	if err != nil {
		return Answer{Error: err.Error()}
	}
	s, err := b.conductor.Look(context.Background())
	b.settled()
	a := Answer{Instants: b.seen, Situation: s.Situation, Request: s.Request, Done: s.Done, Phases: len(s.Phases), Happening: s.Happening}
	if err = errors.Join(err, b.close()); err != nil {
		a.Error = err.Error()
	}
	return a
}

// bot is a conductor with its forge and its history.
type bot struct {
	*tap
	Order
	conductor *conductor.Conductor
	forge     *local.Forge
	history   *store.Store
}

func (p *process) open(o Order, die func([]Instant)) (*bot, error) {
	b := &bot{tap: &tap{stop: o.Stop, die: die}, Order: o}
	taps.Store(o.World, b.tap)
	now := func() time.Time { return o.Now }
	var err error
	if b.forge, err = local.Open(filepath.Join(o.World, "forge"), "linnet", local.WithClock(now)); err != nil {
		return nil, err
	}
	if b.history, err = store.Open(context.Background(), filepath.Join(o.World, "history.db"), store.Options{Key: []byte(stateKey)}); err != nil {
		return nil, err
	}
	rights := chatops.DefaultRights()
	rights[chatops.SkipSoak] = chatops.Right{Users: []string{"ana"}}
	marker, err := forge.NewMarker([]byte(stateKey))
	if err != nil {
		return nil, err
	}
	b.conductor, err = conductor.New(conductor.Settings{
		Environment: "dev", Forge: tapped{b.forge, b.tap}, Observer: b, Material: p.material, Policy: policy, Plan: p.plans.plan,
		Choose: func(_ context.Context, current string) (string, string, error) {
			if current == "3.18.0" {
				return "3.19.0", "the newest", nil
			}
			return "", "there is nothing newer than " + current, nil
		},
		Requests: forge.Policy{Labels: []string{"istio-canary"}, Reviewers: []string{"ana"}},
		Now:      now, MaxGap: maxGap, Marker: &marker, Recorder: tappedRecorder{recorder.New(b.history), b.tap},
		Rights: rights, MaxDwell: maxDwell, Escalate: []string{"@mesh-oncall"},
	})
	return b, err
}

func (b *bot) close() error {
	taps.Delete(b.World)
	return errors.Join(b.forge.Shutdown(), b.history.Close())
}

// Observe reads what the cluster looks like from a file.
func (b *bot) Observe(context.Context) (*checks.Observation, error) {
	text, err := os.ReadFile(b.Observation)
	if err != nil {
		return nil, err
	}
	o := &checks.Observation{}
	return o, json.Unmarshal(text, o)
}

// tappedRecorder tells when a transaction of the history is over.
type tappedRecorder struct {
	conductor.Recorder
	*tap
}

func (r tappedRecorder) Looked(ctx context.Context, t conductor.Status, s conductor.State, seen conductor.Seen) error {
	defer r.settled()
	return r.Recorder.Looked(ctx, t, s, seen)
}

func (r tappedRecorder) Did(ctx context.Context, t conductor.Status, s conductor.State, a conductor.Action) error {
	defer r.settled()
	return r.Recorder.Did(ctx, t, s, a)
}

// plans remembers what was planned for a tree, as all looks of a process have the same policy and material.
type plans struct {
	mu   sync.Mutex
	made []plan
}

type plan struct {
	in   planner.Input
	made planner.Plan
	err  error
}

func (p *plans) plan(in planner.Input) (planner.Plan, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, have := range p.made {
		if have.in.To == in.To && have.in.Tree.Equal(in.Tree) {
			return have.made, have.err
		}
	}
	made, err := planner.Make(in)
	p.made = append(p.made, plan{in, made, err})
	return made, err
}
