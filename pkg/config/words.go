package config

import (
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/chatops"
)

// words is a string that may only be one of a few. The decoder refuses others.
type words interface{ known() []string }

// MergeMethod is how a forge merges.
type MergeMethod string

// The merge methods.
const (
	MergeCommit MergeMethod = "merge"
	Squash      MergeMethod = "squash"
	Rebase      MergeMethod = "rebase"
)

func (MergeMethod) known() []string {
	return []string{string(MergeCommit), string(Squash), string(Rebase)}
}

// Start is which change of Istio begins an upgrade.
type Start string

// The changes that begin an upgrade, each including the ones before it.
const (
	StartMinor Start = "minor" // a new Istio minor
	StartPatch Start = "patch" // or a new patch of the same minor
)

func (Start) known() []string {
	return []string{string(StartMinor), string(StartPatch)}
}

// MergeWhen is who merges once a gate is green.
type MergeWhen string

// The ways to a merge.
const (
	MergeManual    MergeWhen = "manual"     // a person, on the forge
	MergeOnPromote MergeWhen = "on-promote" // the bot, after a person wrote /canary promote
	MergeAuto      MergeWhen = "auto"       // the bot
)

func (MergeWhen) known() []string {
	return []string{string(MergeManual), string(MergeOnPromote), string(MergeAuto)}
}

// RoleWord is a role in the project on the forge, in GitLab's or in GitHub's word.
type RoleWord string

func (RoleWord) known() []string { return chatops.RoleWords() }

// Date is a day, written 2026-12-18, with or without quotes.
type Date string

// Combination names neighbouring phases that share a merge request.
type Combination string

// CRDsAndCanary puts the canary control plane into the merge request of the CRDs.
const CRDsAndCanary Combination = "crds+canary"

func (Combination) known() []string { return []string{string(CRDsAndCanary)} }

// Duration is a length of time, written as Go writes it: 30m, 24h, 1h30m.
type Duration time.Duration

// String is the form that the file uses, without zero parts: 30m, not 30m0s.
func (d Duration) String() string {
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// MarshalYAML writes the form of String.
func (d Duration) MarshalYAML() (any, error) { return d.String(), nil }
