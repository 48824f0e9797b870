package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// What GitHub keeps of a text, in characters.
const (
	titleLimit = 256
	bodyLimit  = 65536
)

// checkTitle refuses what GitHub would change.
func checkTitle(s string) error {
	if strings.TrimSpace(s) != s || s == "" || strings.ContainsAny(s, "\r\n\x00") || !utf8.ValidString(s) || utf8.RuneCountInString(s) > titleLimit {
		return fmt.Errorf("the title %q is not one line of text of at most %d characters without spaces around it", s, titleLimit)
	}
	return nil
}

func checkBody(what, s string) error {
	switch {
	case !utf8.ValidString(s) || strings.Contains(s, "\x00"):
		return fmt.Errorf("the %s is not UTF-8 text", what)
	case utf8.RuneCountInString(s) > bodyLimit:
		return fmt.Errorf("the %s has more than the %d characters that GitHub keeps: shorten it", what, bodyLimit)
	}
	return nil
}

// Open implements forge.MergeRequests. Labels and reviewers are put on after it is open; when that fails it is open nevertheless.
func (f *Forge) Open(ctx context.Context, r forge.OpenRequest) (forge.MergeRequest, error) {
	if err := checkTitle(r.Title); err != nil {
		return forge.MergeRequest{}, err
	}
	if err := checkBody("description", r.Description); err != nil {
		return forge.MergeRequest{}, err
	}
	tried := fmt.Sprintf("open a pull request from %s to %s", r.Source, r.Target)
	p, _, err := f.rest.PullRequests.Create(ctx, f.owner, f.repo, &gh.NewPullRequest{Title: &r.Title, Body: &r.Description,
		Head: &r.Source, Base: &r.Target, Draft: &r.Draft, MaintainerCanModify: gh.Bool(false)})
	switch {
	case err == nil:
	case refusedBecause(err, "already exists"):
		return forge.MergeRequest{}, f.alreadyOpen(ctx, r.Source, r.Target)
	case refusedBecause(err, "no commits between"):
		return forge.MergeRequest{}, fmt.Errorf("%s: %s: %w", f.name, tried, forge.ErrNoChange)
	case refusedBecause(err, "head invalid", "base invalid"):
		return forge.MergeRequest{}, fmt.Errorf("%s: %s: a branch is %w", f.name, tried, forge.ErrNotFound)
	case refusedBecause(err, "draft pull requests are not supported"):
		return forge.MergeRequest{}, fmt.Errorf("%s: %s: the plan of this repository has no drafts: open it without", f.name, tried)
	default:
		return forge.MergeRequest{}, f.explain(tried, err)
	}
	number := p.GetNumber()
	labelled, err := f.label(ctx, number, r.Labels)
	if err == nil {
		p.Labels = labelled
		err = f.ask(ctx, p, r.Reviewers)
	}
	if err != nil {
		// Not an error of package forge, which would say that nothing was done.
		return forge.MergeRequest{}, errors.New(f.name + ": " + tried + ": !" + strconv.Itoa(number) + " is open, but not complete: " + err.Error())
	}
	return f.requestOf(p), nil
}

// alreadyOpen finds the one that is in the way.
func (f *Forge) alreadyOpen(ctx context.Context, source, target string) error {
	open, err := f.openFor(ctx, ends{source, target})
	if err != nil {
		return err
	}
	if len(open) == 0 {
		return fmt.Errorf("%s: open a pull request from %s to %s: GitHub says that one is open already and lists none: look again later", f.name, source, target)
	}
	return &forge.AlreadyOpenError{Source: source, Target: target, Number: open[0].GetNumber()}
}

// label puts labels on, and gives all that are; GitHub makes those that it does not have. The client library's own method sends them in a form that the
// interface's description does not have.
func (f *Forge) label(ctx context.Context, number int, names []string) (all []*gh.Label, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	request, err := f.rest.NewRequest(http.MethodPost, fmt.Sprintf("repos/%s/%s/issues/%d/labels", f.owner, f.repo, number), map[string]any{"labels": names})
	if err == nil {
		_, err = f.rest.Do(ctx, request, &all)
	}
	if err != nil {
		return nil, f.explain(fmt.Sprintf("label pull request !%d", number), err)
	}
	return all, nil
}

// ask asks for reviews, and writes down in p who was. GitHub refuses all of them when it refuses one, so they are then asked one by one.
func (f *Forge) ask(ctx context.Context, p *gh.PullRequest, names []string) error {
	var everybody gh.ReviewersRequest
	var single []gh.ReviewersRequest
	for _, name := range names {
		if _, slug, isTeam := strings.Cut(name, "/"); isTeam {
			everybody.TeamReviewers = append(everybody.TeamReviewers, slug)
			single = append(single, gh.ReviewersRequest{TeamReviewers: []string{slug}})
		} else if !strings.EqualFold(name, p.GetUser().GetLogin()) {
			everybody.Reviewers = append(everybody.Reviewers, name)
			single = append(single, gh.ReviewersRequest{Reviewers: []string{name}})
		}
	}
	if len(single) == 0 {
		return nil
	}
	request := func(r gh.ReviewersRequest) (unknown bool, err error) {
		now, _, err := f.rest.PullRequests.RequestReviewers(ctx, f.owner, f.repo, p.GetNumber(), r)
		if _, unknown = answered(err, http.StatusUnprocessableEntity); unknown {
			return true, nil
		}
		if err != nil {
			return false, f.explain(fmt.Sprintf("ask for reviews of pull request !%d", p.GetNumber()), err)
		}
		p.RequestedReviewers, p.RequestedTeams = now.RequestedReviewers, now.RequestedTeams
		return false, nil
	}
	unknown, err := request(everybody)
	if err != nil || !unknown || len(single) == 1 {
		return err
	}
	for _, one := range single {
		if _, err := request(one); err != nil {
			return err
		}
	}
	return nil
}
