package changerecord

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/store"
)

// Forge is what is read of one. Me must be the bot.
type Forge interface {
	Me(ctx context.Context) (forge.User, error)
	Find(ctx context.Context, q forge.Query) ([]forge.MergeRequest, error)
	Get(ctx context.Context, number int) (forge.MergeRequest, error)
	Comments(ctx context.Context, number int) ([]forge.Comment, error)
	Checks(ctx context.Context, sha string) ([]forge.Check, error)
}

// History is what a history tells of the environment. The zero History tells nothing.
type History struct {
	Entries []store.Entry
	Looks   []store.Look
	Chain   *store.Chain
	Problem string // why there is none, or why it is not to be trusted; a sentence without its full stop
}

// Make reads the upgrade of this id, or with "" the one whose merge request was opened last.
func Make(ctx context.Context, f Forge, environment, upgrade string, h History) (Record, error) {
	bot, err := f.Me(ctx)
	if err != nil {
		return Record{}, fmt.Errorf("ask the forge who the bot is: %w", err)
	}
	all, err := f.Find(ctx, forge.Query{SourcePrefix: conductor.BranchPrefix(environment)})
	if err != nil {
		return Record{}, fmt.Errorf("list the merge requests of %s: %w", environment, err)
	}
	release, err := choose(all, environment, upgrade)
	if err != nil {
		return Record{}, err
	}
	m := maker{forge: f, bot: bot, history: h.about(environment, release), r: Record{
		Environment: environment, Upgrade: environment + "/" + release, To: Version{Release: release}, State: Running,
		Phases: []Phase{}, Accepted: []Word{}, Words: []Word{},
	}}
	for _, request := range all {
		p, ok := conductor.ParseBranch(environment, request.Source)
		if !ok || request.Fork || p.Release != release {
			continue
		}
		if err := m.read(ctx, request.Number, p); err != nil {
			return Record{}, err
		}
	}
	m.finish()
	return m.r, nil
}

// choose is the release of the upgrade to report.
func choose(all []forge.MergeRequest, environment, upgrade string) (string, error) {
	var known []string
	for _, r := range all {
		p, ok := conductor.ParseBranch(environment, r.Source)
		if !ok || r.Fork {
			continue
		}
		if id := environment + "/" + p.Release; upgrade == id || upgrade == p.Release {
			return p.Release, nil
		}
		known = append(known, p.Release)
	}
	if len(known) == 0 {
		return "", fmt.Errorf("report on %s: the forge has no merge request of an upgrade of it; see that the environment is named by its folder", environment)
	}
	if upgrade != "" {
		slices.Sort(known)
		return "", fmt.Errorf("report on %s: there is no upgrade %s; known are those to %s", environment, upgrade, strings.Join(slices.Compact(known), ", "))
	}
	return known[len(known)-1], nil
}

// about keeps the entries of one upgrade, and those of the environment while nothing else is known of them.
func (h History) about(environment, release string) History {
	kept := History{Looks: h.Looks, Chain: h.Chain, Problem: h.Problem}
	for _, e := range h.Entries {
		if e.Environment == environment && e.Upgrade == environment+"/"+release {
			kept.Entries = append(kept.Entries, e)
		}
	}
	return kept
}

type maker struct {
	forge   Forge
	bot     forge.User
	history History
	r       Record
}

// read puts one merge request into the report.
func (m *maker) read(ctx context.Context, number int, place conductor.Place) error {
	request, err := m.forge.Get(ctx, number)
	if err != nil {
		return fmt.Errorf("read merge request !%d: %w", number, err)
	}
	comments, err := m.forge.Comments(ctx, number)
	if err != nil {
		return fmt.Errorf("read the comments of merge request !%d: %w", number, err)
	}
	m.r.Sources.Requests++
	p := Phase{
		Number: place.Number, Attempt: place.Attempt, Name: place.Phase, Title: request.Title, Request: number, URL: request.URL, Branch: request.Source,
		Head: request.Head, Opened: request.Opened.UTC(), Done: request.Done.UTC(), OnWordOf: []string{}, Approved: []string{},
	}
	for _, a := range request.Approvals.Given {
		p.Approved = append(p.Approved, a.By.Name)
	}
	m.words(number, comments)
	m.accepted(number, comments)
	m.versions(request)
	if m.r.Began.IsZero() || p.Opened.Before(m.r.Began) {
		m.r.Began = p.Opened
	}
	switch request.State {
	case forge.Open:
		m.r.Open = append(m.r.Open, p)
		return nil
	case forge.Closed:
		if p.Why = conductor.WhyClosed(comments, m.bot); p.Why == "" {
			p.Why = "a person closed it"
		}
		m.r.Closed = append(m.r.Closed, p)
		return nil
	}
	p.Merge, p.By, p.ByHand = request.MergeSHA, request.MergedBy.Name, request.MergedBy.ID != m.bot.ID
	if !p.ByHand {
		for _, c := range conductor.Promotions(comments, m.bot) {
			p.OnWordOf = append(p.OnWordOf, c.By.Name)
		}
	}
	checks, err := m.forge.Checks(ctx, request.Head)
	if err != nil {
		return fmt.Errorf("read the checks of merge request !%d: %w", number, err)
	}
	if p.Evidence = m.gate(request, "entry"); p.Evidence == nil {
		p.Evidence = m.check(checks)
	}
	for _, l := range m.history.Looks {
		if l.Environment == m.r.Environment && !l.At.After(p.Done) {
			p.Proxies, p.ProxiesAt = l.Revisions(), l.At
		}
	}
	m.r.Phases = append(m.r.Phases, p)
	m.over(request, comments)
	return nil
}

// words are the comments that the bot has answered.
func (m *maker) words(number int, comments []forge.Comment) {
	for _, c := range comments {
		answer := conductor.Answer(c, m.bot)
		if answer == "" {
			continue
		}
		m.r.Words = append(m.r.Words, Word{Request: number, Comment: c.ID, By: c.By.Name, At: c.Created.UTC(), Said: firstLine(c.Body), Answer: answer})
	}
}

// accepted are the stragglers that the bot recorded as signed off: that record holds, whatever became of the comment.
func (m *maker) accepted(number int, comments []forge.Comment) {
	for _, a := range conductor.Acceptances(comments, m.bot) {
		said := fmt.Sprintf("%s %s %s/%s/%s %s", chatops.Prefix, chatops.Accept, a.Kind, a.Namespace, a.Name, a.Reason)
		if !a.Until.IsZero() {
			said += " until " + a.Until.AddDate(0, 0, -1).Format(time.DateOnly)
		}
		m.r.Accepted = append(m.r.Accepted, Word{Request: number, Comment: a.Comment, By: a.By, At: a.At.UTC(), Said: said, Answer: "done"})
	}
}

var versionsShape = regexp.MustCompile(`(?m)^Phase \d+ of (\d+) of the upgrade .*: Big Bang (\S+) to (\S+), Istio (\S+) to (\S+)\.$`)

// versions are in the bot's own words in the description.
func (m *maker) versions(request forge.MergeRequest) {
	section, _ := forge.Section(request.Description)
	found := versionsShape.FindStringSubmatch(section)
	if request.Author.ID != m.bot.ID || found == nil || found[3] != m.r.To.Release {
		return
	}
	m.r.From, m.r.To = Version{found[2], found[4]}, Version{found[3], found[5]}
	m.r.Total, _ = strconv.Atoi(found[1])
}

// gate is what the history says of a gate when its merge request was merged, or, for an exit gate, in the end.
func (m *maker) gate(request forge.MergeRequest, which string) *Evidence {
	var found *store.Entry
	for i, e := range m.history.Entries {
		switch {
		case e.Kind == store.Gate && e.Facts["branch"] == request.Source && e.Facts["gate"] == which:
			found = &m.history.Entries[i]
		case e.Kind == store.Request && e.Request == request.Number && e.State == string(forge.Merged) && which == "entry":
			return evidence(found) // what comes later, by the order of recording, is not what it was merged on
		}
	}
	return evidence(found)
}

func evidence(found *store.Entry) *Evidence {
	if found == nil {
		return nil
	}
	return &Evidence{
		Source: "history", Verdict: found.State, Summary: found.Facts["summary"], Cause: found.Cause, At: found.At, Text: found.Facts["evidence"],
	}
}

// check is what the forge says of it.
func (m *maker) check(all []forge.Check) *Evidence {
	for _, c := range all {
		if c.Name == conductor.CheckName && c.By.ID == m.bot.ID {
			return &Evidence{Source: "check", Verdict: string(c.State), Summary: c.Title, At: c.Updated.UTC()}
		}
	}
	return nil
}

// over sees whether this merge request ended the upgrade.
func (m *maker) over(request forge.MergeRequest, comments []forge.Comment) {
	for _, c := range comments {
		if !conductor.Over([]forge.Comment{c}, m.bot) {
			continue
		}
		m.r.State, m.r.Ended = Finished, c.Created.UTC()
		if !c.Edited.IsZero() {
			m.r.Ended = c.Edited.UTC()
		}
		m.r.Last = m.gate(request, "exit")
	}
}

// backPrefix begins the names of phases that take another one back.
const backPrefix = "back-"

// finish puts in order what was read, and says what is missing.
func (m *maker) finish() {
	r := &m.r
	slices.SortStableFunc(r.Phases, func(a, b Phase) int { return a.Done.Compare(b.Done) })
	slices.SortStableFunc(r.Words, func(a, b Word) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Comment, b.Comment)) })
	// The first phase is crds, or a canary that brings the CRDs along. What is open after it was taken back has gone forward again.
	if n := len(r.Phases); n > 0 && len(r.Open) == 0 && r.Phases[n-1].Number == 1 && strings.HasPrefix(r.Phases[n-1].Name, backPrefix) {
		r.State, r.Ended = TakenBack, r.Phases[n-1].Done
	}
	r.Sources.Entries, r.Sources.Chain = len(m.history.Entries), m.history.Chain
	m.stops()
	unknown := func(format string, args ...any) { r.Unknown = append(r.Unknown, fmt.Sprintf(format, args...)) }
	if p := m.history.Problem; p != "" {
		unknown("There is no history to add to what the forge tells: %s.", p)
	} else if since := m.historyFrom(); since.After(r.Began) {
		unknown("The history of this upgrade begins at %s; what was before is told from the forge alone.", since.Format(time.RFC3339))
	}
	had := map[int]bool{}
	for _, p := range r.Phases {
		if _, back := strings.CutPrefix(p.Name, backPrefix); !back {
			had[p.Number] = true
		}
		if p.Evidence == nil {
			unknown("Nothing tells what the gate of !%d (%s) said when it was merged.", p.Request, p.Name)
		}
	}
	if r.State == Finished {
		for n := 1; n <= r.Total; n++ {
			if !had[n] {
				unknown("Phase %d has no merged merge request: it came in by hand.", n)
			}
		}
	}
}

// historyFrom is when the history began to tell of this upgrade; zero when it does not.
func (m *maker) historyFrom() time.Time {
	if len(m.history.Entries) == 0 {
		return time.Time{}
	}
	return m.history.Entries[0].At
}

// stops pairs what stopped the upgrade with what came after.
func (m *maker) stops() {
	for _, e := range m.history.Entries {
		if e.Kind != store.Upgrade || !strings.HasPrefix(e.Subject, "work on ") {
			continue
		}
		if n := len(m.r.Stops); n > 0 && m.r.Stops[n-1].Until.IsZero() {
			m.r.Stops[n-1].Until = e.At
		}
		if e.State != "goes on" {
			m.r.Stops = append(m.r.Stops, Stop{From: e.At, Why: strings.TrimPrefix(e.What, "nothing goes on: ")})
		}
	}
}

func firstLine(body string) string {
	for line := range strings.Lines(body) {
		if text := strings.Join(strings.Fields(line), " "); text != "" {
			return text
		}
	}
	return ""
}
