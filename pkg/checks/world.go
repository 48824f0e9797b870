package checks

// world is an observation with the indexes that checks look things up in.
type world struct {
	*Observation
}

func newWorld(o *Observation) *world { return &world{Observation: o} }
