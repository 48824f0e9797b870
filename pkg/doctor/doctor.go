// Package doctor says whether a forge is set up so that the bot can work there, and so that its gate cannot be walked around.
//
// Looking and judging are two things. Those who speak with a forge gather facts (GitHub, GitLab), the program gathers those of its own machine (File,
// Follow), and this package judges them: it reads no file, asks nobody and has no clock. Each judgement is a Finding: what was looked at, what is wrong,
// and what to do.
//
// What could not be looked at is Unknown and never OK: a fact is a Known, whose zero value is not known, and it carries why not and which right would
// show it. A forge that shows a bot less than everything is well set up, so Unknown is no Error either.
//
// An Error is what makes the bot fail or its gate worth nothing; a Warning is a right that nobody needs or an end that comes near.
package doctor

import (
	"fmt"
	"time"
)

// Severity is what a finding means.
type Severity string

// The severities.
const (
	OK      Severity = "ok"
	Warning Severity = "warning" // works, and should be better
	Error   Severity = "error"   // must be fixed
	Unknown Severity = "unknown" // could not be looked at
)

// Finding is one thing that was looked at.
type Finding struct {
	// Check names it, for programs: "protection/required".
	Check    string   `json:"check"`
	Severity Severity `json:"severity"`
	// Looked is what was looked at: a request, a file, a setting of the configuration.
	Looked string `json:"looked"`
	// Text is one sentence without a full stop.
	Text string `json:"text"`
	// Advice is what to do; of an Unknown it is what would show it. "" where nothing is to be done.
	Advice string `json:"advice,omitempty"`
}

// Known is a fact, or why it is not known. The zero value is not known.
type Known[T any] struct {
	Value T
	Seen  bool
	// Why it was not seen.
	Why string
	// Right is what would show it.
	Right string
}

// Seen is a fact.
func Seen[T any](value T) Known[T] { return Known[T]{Value: value, Seen: true} }

// Unseen is a fact that could not be looked at.
func Unseen[T any](why, right string) Known[T] { return Known[T]{Why: why, Right: right} }

// Settings are what the bot is told to do, as far as it matters here.
type Settings struct {
	// Project is the project's name on the forge.
	Project string
	// Branch is what merge requests aim at.
	Branch string
	// Own is what the names of the bot's own branches begin with.
	Own string
	// Check is the name of the check that carries the gate.
	Check string
	// Method is "merge", "squash" or "rebase".
	Method string
	// Merges tells that some phase is merged by the bot and not by a person.
	Merges bool
	// Webhooks tells that the bot waits for webhooks.
	Webhooks bool
	// Now is this machine's clock.
	Now time.Time
}

// findings collects.
type findings struct{ list []Finding }

func (f *findings) ok(check, looked, format string, args ...any) {
	f.list = append(f.list, Finding{Check: check, Severity: OK, Looked: looked, Text: fmt.Sprintf(format, args...)})
}

func (f *findings) warn(check, looked, advice, format string, args ...any) {
	f.list = append(f.list, Finding{Check: check, Severity: Warning, Looked: looked, Text: fmt.Sprintf(format, args...), Advice: advice})
}

func (f *findings) fail(check, looked, advice, format string, args ...any) {
	f.list = append(f.list, Finding{Check: check, Severity: Error, Looked: looked, Text: fmt.Sprintf(format, args...), Advice: advice})
}

// stranger says that the forge does not tell who the bot is. Only one that has answered says something of the token.
func (f *findings) stranger(check, looked, why string, answered bool) {
	if !answered {
		f.fail(check, looked, "do what the reason says: look at the token's file, forge.url, the network and the proxy", "the forge has not answered: %s", why)
		return
	}
	f.fail(check, looked, "write a good token into the file or the variable that the configuration names", "the token does not work: %s", why)
}

// unknown says what is not known, why, and what would show it.
func (f *findings) unknown(check, looked, right, what, why string) {
	if why != "" {
		what += ": " + why
	}
	f.list = append(f.list, Finding{Check: check, Severity: Unknown, Looked: looked, Text: what, Advice: right})
}
