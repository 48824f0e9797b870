package mesh

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/client-go/rest"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// Cluster follows one cluster through its API server. It is safe for concurrent use.
type Cluster struct {
	host    string
	now     func() time.Time
	clients *clients
	kinds
	all []follower

	bell bell

	departures departures // guarded by the store of pods
	mu         sync.Mutex // guards what follows: one observation is taken at a time
	version    string
	asked      time.Time // when the API server was asked for its version
	memory     memory
}

// follower is a source of any type.
type follower interface {
	follow(ctx context.Context)
	fmt.Stringer
	known() (known bool, missing string, why error)
}

// New makes a Cluster of the API server that config leads to, with whatever rights config gives. now is the clock that dates observations. Nothing is asked
// before Run.
func New(config *rest.Config, now func() time.Time) (*Cluster, error) {
	clients, err := newClients(config)
	if err != nil {
		return nil, err
	}
	c := &Cluster{host: config.Host, now: now, clients: clients}
	if err := c.make(); err != nil {
		return nil, err
	}
	return c, nil
}

// Run follows the cluster until the context ends, and returns when everything that it started has ended. It is called once.
func (c *Cluster) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, f := range c.all {
		wg.Go(func() { f.follow(ctx) })
	}
	wg.Wait()
}

// Changed gives a channel that is closed when something next changes, in the cluster or in what may be seen of it. Whoever observes each time sees even a pod
// that lives for seconds. Take the channel before observing, and nothing falls between the two.
func (c *Cluster) Changed() <-chan struct{} { return c.bell.next() }

// WaitForSync waits until all lists are there, or are known to be refused or not to exist. The error names one that is not.
func (c *Cluster) WaitForSync(ctx context.Context) error {
	for {
		changed := c.Changed()
		_, err := c.known()
		if err == nil {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("read the cluster %s: %w", c.host, err)
		}
	}
}

// Observe writes down how the cluster is now. While a list is not up to date (the API server is away, a watch has just ended) it waits, so ctx should have a
// deadline; what was true before is never given for what is. What the API refuses is in MissingRights.
//
// No istiod has been asked, and nothing is signed off: see WithAnswers. The observation is the caller's; it shares what it refers to with later ones, so nobody may
// change that.
func (c *Cluster) Observe(ctx context.Context) (*checks.Observation, error) {
	for {
		if err := c.WaitForSync(ctx); err != nil {
			return nil, err
		}
		missing, err := c.known()
		if err != nil {
			continue
		}
		o, err := c.take(ctx)
		if err != nil {
			return nil, err
		}
		// A watch that ended while the lists were read, too, may have left one behind.
		again, err := c.known()
		if err != nil {
			continue
		}
		o.MissingRights = sorted(o.MissingRights, missing, again)
		return o, nil
	}
}

// known lists what the API refused; the error says of which kind nobody knows how it is.
func (c *Cluster) known() (missing []string, err error) {
	for _, f := range c.all {
		known, refused, why := f.known()
		switch {
		case refused != "":
			missing = append(missing, refused)
		case !known && why != nil:
			return nil, fmt.Errorf("what is known of it is not up to date: %w; check its address, the network and the rights", why)
		case !known:
			return nil, fmt.Errorf("what is known of %s is not up to date yet", f)
		}
	}
	return missing, nil
}

// bell wakes whoever waits for a change.
type bell struct {
	mu   sync.Mutex
	ring chan struct{} // nil = nobody waits
}

func (b *bell) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ring == nil {
		b.ring = make(chan struct{})
	}
	return b.ring
}

func (b *bell) strike() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ring != nil {
		close(b.ring)
		b.ring = nil
	}
}
