package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/release"
)

// chooser picks the release to move an environment to. Releases do not come by the minute, so an answer serves for a while.
type chooser struct {
	source      *release.Source
	environment config.Environment
	now         func() time.Time

	answers map[string]choice // by what was asked
}

type choice struct {
	to, why string
	asked   time.Time
}

// choiceAge is how long an answer serves.
const choiceAge = 10 * time.Minute

// choose picks from all releases.
func (c *chooser) choose(ctx context.Context, current string) (to, why string, err error) {
	return c.kept(current, func() (string, string, error) { return chooseTarget(ctx, c.source, current, "", c.environment) })
}

// among picks from these.
func (c *chooser) among(ctx context.Context, current string, releases []string) (to, why string, err error) {
	return c.kept(current+" among "+strings.Join(releases, " "), func() (string, string, error) {
		return chooseAmong(ctx, c.source, current, releases, c.environment)
	})
}

func (c *chooser) kept(question string, ask func() (to, why string, err error)) (to, why string, err error) {
	if a, ok := c.answers[question]; ok {
		if age := c.now().Sub(a.asked); age >= 0 && age < choiceAge {
			return a.to, a.why, nil
		}
	}
	to, why, err = ask()
	if errors.Is(err, planner.ErrUpToDate) {
		to, why, err = "", err.Error(), nil // there is none, and that says why
	}
	if err == nil {
		// Two questions are asked of an environment that waits for another one; older ones are not asked again.
		if c.answers == nil || len(c.answers) > 8 {
			c.answers = map[string]choice{}
		}
		c.answers[question] = choice{to, why, c.now()}
	}
	return to, why, err
}

// first is the environment that goes first; nil where none does.
func (c *chooser) first() *conductor.First {
	after := c.environment.After
	if after == nil {
		return nil
	}
	return &conductor.First{Environment: after.Environment, Age: time.Duration(after.Age), Among: c.among}
}
