package github

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// SetCheck implements forge.Checks: as a check run when this is an App, else as a commit status.
func (f *Forge) SetCheck(ctx context.Context, sha string, c forge.Check) error {
	if strings.TrimSpace(c.Name) == "" || strings.ContainsAny(c.Name, "\r\n") {
		return fmt.Errorf("%q cannot be the name of a check: it is not one line of text", c.Name)
	}
	if _, ok := runStates[c.State]; !ok {
		return fmt.Errorf("set the check %s: %q is no state of a check", c.Name, c.State)
	}
	c.Title = strings.Join(strings.Fields(c.Title), " ")
	var err error
	if f.app != 0 {
		err = f.setRun(ctx, sha, c)
	} else {
		err = f.setStatus(ctx, sha, c)
	}
	return err
}

// Checks implements forge.Checks. A status says little; what this user said before under the same name is left out.
func (f *Forge) Checks(ctx context.Context, sha string) ([]forge.Check, error) {
	me, err := f.Me(ctx)
	if err != nil {
		return nil, err
	}
	runs, err := f.runsOf(ctx, sha)
	if err != nil {
		return nil, err
	}
	statuses, err := f.statusesOf(ctx, sha)
	if err != nil {
		return nil, err
	}
	var list []forge.Check
	for _, run := range runs {
		list = append(list, f.checkOfRun(run, me))
	}
	said := map[[2]string]bool{}
	for _, s := range statuses { // the newest first
		c := checkOfStatus(s)
		if key := [2]string{c.Name, c.By.ID}; !said[key] {
			said[key] = true
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b forge.Check) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.By.Name, b.By.Name))
	})
	return list, nil
}

// checkFailure knows that GitHub has its own way of not finding a commit.
func (f *Forge) checkFailure(tried, sha string, err error) error {
	if refusedBecause(err, "no commit found") {
		return fmt.Errorf("%s: %s: commit %s is %w", f.name, tried, sha, forge.ErrNotFound)
	}
	return f.explain(tried, err)
}

// hiddenFromTokens is whether a personal access token was refused, since fine-grained ones cannot read check runs.
func (f *Forge) hiddenFromTokens(err error) bool {
	e, refused := answered(err, http.StatusForbidden)
	return f.app == 0 && refused && strings.Contains(e.Message, "not accessible by personal access token")
}

// cut shortens s to limit bytes without splitting a rune.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	const ellipsis = "…"
	end := limit - len(ellipsis)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis
}

// same is whether setting c would change nothing.
func same(is, c forge.Check) bool {
	return is.State == c.State && is.Title == c.Title && is.Summary == c.Summary && is.URL == c.URL
}
