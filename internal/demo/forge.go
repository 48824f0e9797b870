package demo

import (
	"errors"
	"time"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/local"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Forge is one project, as each of the two who play on it sees it.
type Forge struct {
	Bot      forge.Forge
	Reviewer Person
	Words    forge.Words // that people use there
	Close    func() error
}

// Person is somebody who reviews.
type Person interface {
	forge.Forge
	forge.Reviewer
}

// localStage makes a local forge in a folder that is not there yet.
func localStage(dir string) func(tree.Tree, func() time.Time) (Forge, error) {
	return func(files tree.Tree, now func() time.Time) (Forge, error) {
		err := local.Create(dir, local.CreateOptions{
			Initial: files, Now: now,
			Settings: local.Settings{RequiredApprovals: 1, RequiredChecks: []local.RequiredCheck{{Name: conductor.CheckName, By: Bot}}},
		})
		if err != nil {
			return Forge{}, err
		}
		bot, err := local.Open(dir, Bot, local.WithClock(now))
		if err != nil {
			return Forge{}, err
		}
		reviewer, err := local.Open(dir, Reviewer, local.WithClock(now))
		if err != nil {
			return Forge{}, errors.Join(err, bot.Shutdown())
		}
		return Forge{Bot: bot, Reviewer: reviewer, Close: func() error { return errors.Join(bot.Shutdown(), reviewer.Shutdown()) }}, nil
	}
}
