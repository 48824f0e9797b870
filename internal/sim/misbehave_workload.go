package sim

func podDoesNotRoll() Misbehaviour {
	return Misbehaviour{
		Name:     "pod-does-not-roll",
		Sentence: "A Deployment has its new template, but a quota is used up and no new pod starts, so the old one stays; it is named, with the reason.",
		Expected: StaysClosed,
		begin: func(c *Cluster) (hooks, error) {
			victim, err := c.victim("Deployment")
			if err != nil {
				return hooks{}, err
			}
			return hooks{refuse: func(w *workload) string {
				if w.key() == victim.key() {
					return "exceeded quota: compute, requested: limits.cpu=100m, used: limits.cpu=8, limited: limits.cpu=8"
				}
				return ""
			}}, nil
		},
	}
}

func onDelete() Misbehaviour {
	return Misbehaviour{
		Name:     "on-delete",
		Sentence: "A StatefulSet has update strategy OnDelete, so nothing replaces its pods and Helm calls it ready all the same; it is named, with the command.",
		Expected: StaysClosed,
		begin: func(c *Cluster) (hooks, error) {
			victim, err := c.victim("StatefulSet")
			if err != nil {
				return hooks{}, err
			}
			victim.Strategy = "OnDelete"
			return hooks{
				amend: func(w *workload) {
					if w.key() == victim.key() {
						w.Strategy = "OnDelete"
					}
				},
				heal: func() { c.readAgain(victim) },
			}, nil
		},
	}
}

func revertedTemplate() Misbehaviour {
	return Misbehaviour{
		Name:     "reverted-template",
		Sentence: "An operator writes its own pod template back over the restart annotation as soon as Flux has applied it, so nothing rolls and Flux is content; the workload is named.",
		Expected: StaysClosed,
		begin: func(c *Cluster) (hooks, error) {
			victim, err := c.victim("Deployment")
			if err != nil {
				return hooks{}, err
			}
			own := victim.spec
			return hooks{
				amend: func(w *workload) {
					if w.key() == victim.key() {
						w.read(own)
						w.Generation++ // one write by Flux, one by the operator
					}
				},
				heal: func() { c.readAgain(victim) },
			}, nil
		},
	}
}

// readAgain gives a workload what was applied last.
func (c *Cluster) readAgain(w *workload) {
	if o := c.live[w.id()]; o != nil && c.workloads[w.key()] == w {
		c.workloadChanged(w.id(), o)
	}
}
