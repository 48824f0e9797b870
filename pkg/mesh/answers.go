package mesh

import "github.com/linnet-bot/linnet/pkg/checks"

// WithAnswers lays the second witness beside the first: it gives an observation with what the istiods said, by istiod pod, and leaves o as it is. Of an answer it takes
// Answered, Error, Filtered, AskedAt, Way, Connections, and the Version where the istiod told it; what the API server says of the pod stays. An istiod pod without an answer has
// not answered. Answers of pods that are no longer there are left out: who was connected to them is connected elsewhere by now, or to nobody, which shows.
func WithAnswers(o *checks.Observation, answers map[checks.NamespacedName]checks.Istiod) *checks.Observation {
	out := *o
	out.Istiods = make([]checks.Istiod, len(o.Istiods))
	for i, it := range o.Istiods {
		if a, ok := answers[checks.NamespacedName{Namespace: it.Namespace, Name: it.Pod}]; ok {
			it.Answered, it.Error, it.Filtered, it.AskedAt, it.Way, it.Connections = a.Answered, a.Error, a.Filtered, a.AskedAt, a.Way, a.Connections
			if a.Version != "" {
				it.Version = a.Version
			}
		}
		out.Istiods[i] = it
	}
	return &out
}
