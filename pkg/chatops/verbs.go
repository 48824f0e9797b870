package chatops

// The verbs.
const (
	Promote    = "promote"
	Pause      = "pause"
	Resume     = "resume"
	Status     = "status"
	Explain    = "explain"
	Plan       = "plan"
	Stragglers = "stragglers"
	Retry      = "retry"
	Accept     = "accept"
	SkipSoak   = "skip-soak"
	Rollback   = "rollback"
	Abort      = "abort"
	HelpVerb   = "help"
)

// Verb is one thing that people can ask for.
type Verb struct {
	Name  string
	Args  string // what follows the name: "WORKLOAD REASON… [until DATE]"; "" = nothing
	Short string // one sentence
	Long  string // paragraphs; what holds, what it does not do, how it ends
	// Right is who may where configuration does not say.
	Right Right
	// Examples are whole commands after the prefix: "promote 1a2b3c4".
	Examples []string
	// Also are words of other tools for the same. They are never understood, but "did you mean" knows them.
	Also []string

	takes arguments
}

// Usage is the verb with its arguments.
func (v Verb) Usage() string {
	if v.Args == "" {
		return v.Name
	}
	return v.Name + " " + v.Args
}

// arguments is what may follow a verb.
type arguments int

const (
	nothing arguments = iota
	maybeCommit
	maybeCheck
	maybeVerb
	workloadAndReason
	reason
)

var (
	everyone   = Right{Everyone: true}
	developer  = Right{Role: Developer}
	maintainer = Right{Role: Maintainer}
)

// Verbs is the grammar, in the order in which help lists it.
var Verbs = []Verb{
	{
		Name: Promote, Args: "[COMMIT]", takes: maybeCommit, Right: maintainer, Also: []string{"merge", "approve", "lgtm", "ship", "deploy", "go"},
		Short: "Merge this commit as soon as the gate is green; a later push voids it.",
		Long: "It stands until the gate is green, windows and freezes let the bot merge, the forge's own rules are met, and the merge still gives what was planned; then the bot " +
			"merges. It holds for one commit: the one that was the head when the comment was written. With COMMIT, the first 7 or more digits of its hash, it is refused unless that is the head.\n\n" +
			"It is void when the branch moves, when the comment is edited or deleted, and when its author loses the right. It replaces no approval that the forge asks for.",
		Examples: []string{"promote", "promote 1a2b3c4"},
	},
	{
		Name: Pause, Right: developer, Also: []string{"stop", "hold", "wait", "freeze"},
		Short:    "Merge nothing and open nothing in this environment until somebody resumes.",
		Long:     "What has been merged stays, and gates are evaluated and shown as before. A promotion that stands is kept, and carried out no earlier than after `resume`.",
		Examples: []string{"pause"},
	},
	{
		Name: Resume, Right: maintainer, Also: []string{"continue", "unpause", "unhold", "start"},
		Short:    "End a pause, or go forward again after a rollback or an abort.",
		Long:     "After a pause it goes on where it stood. After `rollback` or `abort` it goes forward from where the repository is now, with a new merge request.",
		Examples: []string{"resume"},
	},
	{
		Name: Status, Right: everyone, Also: []string{"state", "info"},
		Short:    "Tell what is happening, whether it is healthy, what blocks, who must do what, and when it goes on by itself.",
		Long:     "The note below each merge request says the same, and is kept up to date without being asked.",
		Examples: []string{"status"},
	},
	{
		Name: Explain, Args: "[CHECK]", takes: maybeCheck, Right: everyone, Also: []string{"why", "describe", "details"},
		Short:    "Show the whole gate with its evidence, or one check of it.",
		Long:     "CHECK is the name of a check as the gate shows it.",
		Examples: []string{"explain", "explain flux-settled"},
	},
	{
		Name: Plan, Right: everyone, Also: []string{"next", "phases"},
		Short:    "List the phases that are not merged yet, in order.",
		Long:     "Each with which pods it rolls and what its gate asks.",
		Examples: []string{"plan"},
	},
	{
		Name: Stragglers, Right: everyone, Also: []string{"blockers", "blocked", "pending"},
		Short:    "List what keeps the gate from being green, with owner, reason and remedy.",
		Long:     "One line for each proxy or workload: what it is, who owns it, why it counts, and what would move it.",
		Examples: []string{"stragglers"},
	},
	{
		Name: Retry, Right: developer, Also: []string{"recheck", "refresh", "test", "again"},
		Short:    "Look at the forge and at the cluster again, and tell what is found.",
		Long:     "The answer is from an observation that was made after the comment. It changes no verdict and shortens no soak.",
		Examples: []string{"retry"},
	},
	{
		Name: Accept, Args: "WORKLOAD REASON… [until DATE]", takes: workloadAndReason, Right: maintainer, Also: []string{"ignore", "waive", "override", "except"},
		Short: "Sign a straggler off: the gate no longer waits for this workload.",
		Long: "WORKLOAD is `namespace/name`, or `kind/namespace/name` where several have the name. REASON is the rest of the line. It is recorded with who said it and when, and shown " +
			"wherever the gate is shown.\n\nWith `until` and a date it holds to the end of that day, UTC; without, to the end of the upgrade.\n\n" +
			"Only waiting can be signed off, and only in the gates of waves and gateways. What is unknown or broken stays so, and before a control plane is taken away every " +
			"workload counts that still uses it.",
		Examples: []string{"accept monitoring/grafana restarted by hand tonight", "accept StatefulSet/logging/loki-write ticket OPS-12 until 2026-12-31"},
	},
	{
		Name: SkipSoak, Args: "REASON…", takes: reason, Also: []string{"skip", "nosoak", "force"},
		Short: "Count the soak of this gate as done.",
		Long: "Every check must still be green when it is merged; only the time for which it has been is no longer asked. It holds for this gate alone and is recorded with the reason. " +
			"Nobody has this right unless configuration gives it.",
		Examples: []string{"skip-soak fix for an outage, agreed in OPS-12"},
	},
	{
		Name: Rollback, Right: maintainer, Also: []string{"revert", "undo", "back", "down"},
		Short: "Close the open merge request and open one that takes the last merged phase back.",
		Long: "It goes back phase by phase, each with a merge request and a gate of its own, until the tree is what it was before the upgrade. `resume` turns it round at any point.\n\n" +
			"Taking the CRDs back really downgrades them, so the last step is offered and waits for a person.",
		Examples: []string{"rollback"},
	},
	{
		Name: Abort, Right: maintainer, Also: []string{"cancel", "close", "quit", "kill"},
		Short:    "Close the open merge request and leave everything else as it is.",
		Long:     "The bot says what is still in the repository. `resume` goes on later, `rollback` goes back; either may be written below the merge request that was closed.",
		Examples: []string{"abort"},
	},
	{
		Name: HelpVerb, Args: "[VERB]", takes: maybeVerb, Right: everyone, Also: []string{"usage", "commands", "man"},
		Short:    "List these commands, or tell more of one.",
		Long:     "It also says who may give each of them here.",
		Examples: []string{"help", "help promote"},
	},
}

// verb finds a verb of the table.
func verb(name string) (Verb, bool) {
	for _, v := range Verbs {
		if v.Name == name {
			return v, true
		}
	}
	return Verb{}, false
}

// Names lists the verbs.
func Names() []string {
	all := make([]string, 0, len(Verbs))
	for _, v := range Verbs {
		all = append(all, v.Name)
	}
	return all
}
