// Package checks judges whether a phase of an upgrade has really happened.
//
// An Observation is everything that was seen of one cluster at one moment: pods, istiod replicas and who is connected to them, webhooks,
// workload templates, Flux objects. A Check asks one question of it, and a Gate is a named list of checks. Evaluating a gate gives a tree of
// Results: each says what was required, what was found, and which Stragglers keep it from being green.
//
// Three rules hold everywhere. What was not seen is unknown, and unknown is never green. Labels and Ready conditions say what somebody wants or
// believes; pods, connections and live objects say what is, so gates ask those. A control plane is in use as long as anything points at it,
// and whatever cannot be attributed to a control plane counts as using it.
//
// Nothing here reads a clock, a network or a file: the same observation always gets the same verdict.
package checks
