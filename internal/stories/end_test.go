package stories

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// patience is how many looks an upgrade may take to its end once nothing is in its way. A whole one takes some three hundred.
const patience = 1500

// end puts everything right and goes along until the upgrade is over, forwards or back. That it ends is promise 6: nothing is lost.
func (s *story) end(back bool) {
	s.say("everything is put right, and ana goes along to the end, %s", map[bool]string{true: "back", false: "forwards"}[back])
	s.eyes.mood, s.skew = clear, 0
	s.heal()
	s.putRight("")
	if waves := "changes the waves"; s.edits[waves] { // a namespace that came too late for the waves is somebody's to move
		s.say("ben takes his namespace back")
		s.commit("ben", "main", edit(s.files(), waves, true))
		s.edits[waves] = false
	}
	if s.roles["ana"] != chatops.Maintainer {
		s.role()
	}
	p := s.bots[0]
	var status conductor.Status
	for range patience {
		status, _ = s.watchOnce(p)
		if s.over(status, back) {
			s.noTrace(back && status.Situation != conductor.Finished)
			return
		}
		s.remedy(status, back)
		if status.Situation == conductor.Waiting || status.Situation == conductor.Ready {
			s.goAlong()
		}
	}
	s.broken(6, "the upgrade does not end: it is %s: %s\n%s", status.Situation, status.Happening, status.Text(120))
}

// over tells that there is no more to do.
func (s *story) over(status conductor.Status, back bool) bool {
	switch status.Situation {
	case conductor.Finished:
		return true
	case conductor.Around, conductor.Abandoned:
		return back && status.Done == 0
	case conductor.Idle:
		s.broken(6, "the bot says that nothing is to be done: %s", status.GoesOn)
	}
	return false
}

var (
	reopenIt = regexp.MustCompile(`^(?:Reopen|Bring the branch back at [0-9a-f]+ and reopen) !(\d+)`)
	branchIs = regexp.MustCompile(`Branch (\S+) holds`)
)

// remedy does what the bot asks for.
func (s *story) remedy(status conductor.Status, back bool) {
	wanted := strings.Join(status.Wanted, " ")
	command := func(verb string) {
		s.write("ana", chatops.Prefix+" "+verb)
	}
	switch status.Situation {
	case conductor.Paused:
		command(chatops.Resume)
	case conductor.Around, conductor.Abandoned:
		if back && status.Done > 0 {
			command(chatops.Rollback)
		} else {
			command(chatops.Resume)
		}
	case conductor.Waiting, conductor.Ready:
		if r := s.newest(); back && status.Done > 0 && r != nil && !strings.Contains(r.Source, "-back-") && status.Done < len(status.Phases) {
			command(chatops.Rollback)
		}
	case conductor.Stopped:
		switch {
		case reopenIt.MatchString(wanted):
			number, _ := strconv.Atoi(reopenIt.FindStringSubmatch(wanted)[1])
			s.reopenOrMake(number)
		case strings.HasPrefix(wanted, "Delete the branch"):
			name := branchIs.FindStringSubmatch(status.Happening)[1]
			s.say("ben deletes branch %s", name)
			delete(s.forge.branches, name)
		case strings.HasPrefix(wanted, "Take that commit off"):
			s.takeOff()
		case strings.HasPrefix(wanted, "Take it back once more"):
			command(chatops.Resume)
		case strings.HasPrefix(wanted, "Bring the merge back"):
			command(chatops.Abort) // and from there on as after any abort
		default:
			s.broken(6, "nobody knows how to go on: %s %s", status.Happening, wanted)
		}
	case conductor.Refused:
		s.broken(6, "no plan can be made: %s", strings.Join(status.Blocks, " "))
	}
}

// reopenOrMake opens a merge request again; where its branch is gone, it is made again from the last head first.
func (s *story) reopenOrMake(number int) {
	r := s.forge.requests[number-1]
	if _, there := s.forge.branches[r.Source]; !there {
		s.say("ben makes branch %s again", r.Source)
		s.forge.branches[r.Source] = r.Head
	}
	s.say("ben reopens !%d", number)
	s.must(s.forge.as("ben").Reopen(ctx, number))
	s.reopened[number] = true
}

// takeOff takes what people wrote off the branch of the open merge request: its files become those of the last commit that was the bot's.
func (s *story) takeOff() {
	r := s.open()
	at := r.Head
	for s.forge.commits[at].Author != bot && len(s.forge.commits[at].Parents) > 0 {
		at = s.forge.commits[at].Parents[0]
	}
	s.say("ben takes his commits off %s", r.Source)
	s.commit("ben", r.Source, s.forge.commits[r.Head].files.Changes(s.forge.commits[at].files))
}

// noTrace is promise 1 at the end of a story: what is left is what a plain bump of the files would have left, or the files as they were.
func (s *story) noTrace(back bool) {
	want := tree.New(miniature.Repository("git"))
	for _, what := range []string{"harmless", "changes the waves", "conflicts"} {
		if s.edits[what] {
			want = want.With(edit(want, what, false)...)
		}
	}
	for _, theirs := range []string{"dev/extra.yaml", "dev/mine.yaml"} {
		if content, merged := s.files().Read(theirs); merged {
			want = want.With(tree.Change{Path: theirs, Content: content})
		}
	}
	if !back {
		plan, err := planOf(want)
		s.must(err)
		want = plan.InPlace
	}
	if got := s.files(); !got.Equal(want) {
		s.broken(1, "the end is not what it should be:\n%s", tree.Patch(want, got))
	}
	for _, r := range s.forge.requests {
		if s.forge.look(r); r.State == forge.Open {
			s.broken(6, "at the end !%d is open", r.Number)
		}
		for _, c := range s.forge.comments[r.Number] {
			if answer := conductor.Answer(c, named(bot)); answer == "claimed" && slices.Contains([]string{"ana", "ben"}, c.By.Name) && r == s.newest() && r.State == forge.Merged {
				s.broken(6, "at the end comment %d below !%d is claimed and not done", c.ID, r.Number)
			}
		}
	}
}
