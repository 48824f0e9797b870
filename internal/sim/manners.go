package sim

import "time"

// How long things take, as measured on real controllers. Pairs are the shortest and longest that were seen.
const (
	applyStep       = 5 * time.Millisecond // Helm applies one object after the other
	triggerDelay    = 100 * time.Millisecond
	kustomizeDelay  = 300 * time.Millisecond
	dependencyRetry = 30 * time.Second
	failureRetry    = 900 * time.Millisecond // first retry after a failed release; doubles
	longestRetry    = 5 * time.Minute
	defaultInterval = 10 * time.Minute
	defaultTimeout  = 5 * time.Minute
	uninstallTime   = 900 * time.Millisecond
	waitPoll        = time.Second // Helm asks whether workloads are ready

	turn            = 60 * time.Millisecond // between two pieces of queued work
	installTime     = 5 * time.Minute
	podsAfterUpdate = 30 * time.Millisecond // from a changed template to the first new pod
	jobRun          = 4 * time.Second
	webhookRetry    = 5 * time.Second // a pod that a webhook refused is tried again
	bundleDelay     = time.Second     // from a ready istiod to its CA bundle in the webhooks
)

var (
	fetchTime     = span{900 * time.Millisecond, 1500 * time.Millisecond}  // a Git source
	chartTime     = span{100 * time.Millisecond, 300 * time.Millisecond}   // packing or pulling a chart
	kustomizeBusy = span{380 * time.Millisecond, 620 * time.Millisecond}   // a routine pass of a Kustomization
	releaseTime   = span{1500 * time.Millisecond, 2500 * time.Millisecond} // from the last object applied to Helm's first look whether all is ready
	releaseBusy   = span{100 * time.Millisecond, 1200 * time.Millisecond}  // a routine pass of a HelmRelease
	podStart      = span{3 * time.Second, 5 * time.Second}                 // from creation to ready
	podStop       = span{500 * time.Millisecond, 2 * time.Second}          // from deletion to gone
	connectTime   = span{300 * time.Millisecond, 900 * time.Millisecond}   // a proxy finds its istiod
	syncTime      = span{200 * time.Millisecond, 600 * time.Millisecond}   // and takes over what it is sent
	reconnectTime = span{time.Second, 4 * time.Second}                     // after its istiod went away
)

type span struct{ shortest, longest time.Duration }

// inTurn is how long a piece of queued work takes: source-controller takes them in the order in which they were applied, which is by name, so
// that the gateways' source is there before istiod's.
func (c *Cluster) inTurn(work string, takes span) time.Duration {
	ends := c.now.Add(c.some(takes))
	if next := c.turns[work].Add(turn); next.After(ends) {
		ends = next
	}
	c.turns[work] = ends
	return ends.Sub(c.now)
}

func (c *Cluster) some(s span) time.Duration { return c.between(s.shortest, s.longest) }
