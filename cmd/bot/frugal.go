package main

import "runtime/debug"

// observersGarbage is how much garbage, in percent of what is in use, an observer lets come together before it is collected. It keeps a whole cluster in memory for as long as
// it lives and makes little garbage, so Go's usual 100 would keep the room of two clusters for it.
const observersGarbage = 50

// frugal has garbage collected sooner, unless GOGC says when, and gives back the way it was.
func (a *app) frugal() (usual func()) {
	if a.getenv("GOGC") != "" {
		return func() {}
	}
	was := debug.SetGCPercent(observersGarbage)
	return func() { debug.SetGCPercent(was) }
}
