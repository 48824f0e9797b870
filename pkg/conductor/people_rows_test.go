package conductor

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rows says which tests prove what docs/people.md says of people's hands, by the first cell of each row: on the way forward, and, where it makes sense, on the
// way back.
var rows = map[string][]string{
	"merges outside of the [windows](windows.md), or in a freeze": {"TestMergesKeepToWindowsAndNothingElseDoes"},
	"merges without `promote`, or a red merge request by force": {
		"TestMergeByHandWithoutPromoteGoesOn", "TestRedRequestMergedByForceCountsAndTheNextGateWaits", "TestStepBackMergedByForceCountsAndWaitsForAPerson",
	},
	"pushes a phase, or takes one back, without any merge request": {"TestPhasePushedWithoutAnyRequestCountsAsIn", "TestPhaseTakenBackByHandBesideTheStepBackCountsAsTakenBack"},
	"writes to the branch of a merge request": {
		"TestHumanCommitOnTheBranchStopsTheBot", "TestHumanCommitIsNotOverwrittenWhenTheTargetMovesToo", "TestHumanCommitOnTheBranchOfAStepBackStopsTheBot",
	},
	"closes the merge request": {
		"TestRequestThatAPersonClosesStaysClosedUntilItIsReopened", "TestClosedRequestIsLeftByRollback",
		"TestStepBackThatAPersonClosesStaysClosedUntilItIsReopened", "TestStepBackThatWasClosedGoesForwardByResume",
	},
	"reopens a merge request that the bot closed": {"TestReopenedByAPersonAfterTheBotClosedIt", "TestReopenedRequestThatIsNotNextIsClosedAgain", "TestAbortLeavesEverythingAndAPersonGoesOn"},
	"deletes the branch of a merge request":       {"TestDeletedBranchOfAnOpenRequestStopsTheBot", "TestRequestThatOutlivesItsBranchStopsTheBot"},
	"makes a branch by the name of the next one":  {"TestBranchThatAPersonMadeInItsPlaceIsNotTouched", "TestBranchThatAPersonMadeInPlaceOfAStepBackIsNotTouched"},
	"takes a merged phase, or a merged step back, back in Git (a revert)": {
		"TestMergedPhaseThatSomebodyTookBackStopsTheBot", "TestStepBackThatSomebodyTookBackStopsTheBot",
	},
	"edits the canary folder": {"TestCanaryFolderThatSomebodyEditedIsRefusedAndNothingChanges", "TestCanaryFolderThatSomebodyEditsOnTheWayBackIsRefused"},
	"moves the release by hand, or by Renovate, in mid-upgrade": {
		"TestReleaseMovedByHandInMidUpgradeIsRefused", "TestReleaseMovedByHandToTheTargetAfterCanaryIsTheWholeWayAtOnce",
	},
	"commits something else to the target": {
		"TestTargetThatMovesWithoutChangingTheMergeIsNoMatter", "TestTargetThatChangesThePlanIsPlannedAnewAndVoidsThePromotion",
		"TestTargetThatConflictsGetsAMergeRequestInItsPlace", "TestTargetThatMovesWhileAStepBackIsOpen",
	},
	"adds a release to Big Bang in mid-upgrade": {
		"TestNewerReleaseDoesNotBendWhatHasBegun", "TestNewUpgradeBeginsOnlyFromAFinishedOne", "TestNewerReleaseDoesNotBeginAnythingWhileAnUpgradeIsTakenBack",
	},
	"has a second environment": {"TestTwoEnvironmentsGoTheirOwnWays"},
}

func TestEveryRowOfPeoplesHandsIsProved(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "people.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| what somebody does | what the bot does |\n| --- | --- |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	told := map[string]bool{}
	for line := range strings.Lines(table) {
		does := strings.TrimSpace(strings.Split(line, "|")[1])
		told[does] = true
		if len(rows[does]) == 0 {
			t.Errorf("docs/people.md says what becomes of who %q, and no test proves it", does)
		}
	}
	tests := testsHere(t)
	for does, names := range rows {
		if !told[does] {
			t.Errorf("docs/people.md does not say what becomes of who %q", does)
		}
		for _, name := range names {
			if !slices.Contains(tests, name) {
				t.Errorf("%q: there is no test %s", does, name)
			}
		}
	}
}

var testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// testsHere are the names of the tests of this package.
func testsHere(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range testFunc.FindAllSubmatch(content, -1) {
			names = append(names, string(found[1]))
		}
	}
	return names
}
