package github

// Weaknesses are what somebody who relies on the merge requests here should know is weaker than it could be, as sentences for people. They follow
// from how the bot authenticates; nothing is asked.
func (f *Forge) Weaknesses() []string {
	if f.app != 0 {
		return nil
	}
	return []string{
		"The bot uses a personal access token, so its check is a commit status: whoever may push can set a status of the same name to green, and no ruleset can " +
			"tell the two apart. Only the check of a GitHub App can be pinned.",
		"A commit status has room for one line of 140 characters: what the gate sees stands in the note only, and there are no buttons.",
		"The bot acts as the token's owner: what that person writes by hand counts as the bot's, and what the bot writes as theirs, so they cannot give commands. " +
			"A user of its own for the bot, or an App, keeps the two apart.",
		"The token can do whatever its owner may and its scopes let it, and holds for as long as it was made for. An App's tokens hold for an hour, for this " +
			"repository, and for what the bot needs.",
		"Commits that GitHub cannot make by createCommitOnBranch, such as those to files that can be run, are not signed.",
	}
}
