package chatops

import (
	"fmt"
	"strings"
)

// Help is Markdown about one verb, or about all of them for "". It says who may by these rights. No line of it begins with a slash and nobody is
// mentioned, so that a forge acts on nothing in it. The error is a *Misunderstood with the nearest verb.
func Help(topic string, rights Rights) (string, error) {
	if topic == "" {
		return overview(rights), nil
	}
	v, known := verb(topic)
	if !known {
		return "", unknown(topic)
	}
	return v.help(rights), nil
}

func overview(rights Rights) string {
	var b strings.Builder
	b.WriteString("Write a command as the first line of a new comment. An edited comment does not count.\n\n| command | what it does | who may |\n| --- | --- | --- |\n")
	for _, v := range Verbs {
		fmt.Fprintf(&b, "| `%s %s` | %s | %s |\n", Prefix, v.Usage(), v.Short, rights[v.Name])
	}
	fmt.Fprintf(&b, "\n`%s VERB`, and `VERB` after a mention of the bot, reach it on every forge. `/VERB` does on GitHub; GitLab keeps some for itself, `/%s` and `/%s` among them, and nobody sees that comment.\n",
		Prefix, Promote, Status)
	fmt.Fprintf(&b, "\n`%s help VERB` tells more of one.\n", Prefix)
	return b.String()
}

func (v Verb) help(rights Rights) string {
	var b strings.Builder
	fmt.Fprintf(&b, "`%s %s`\n\n%s\n\n%s\n\nWho may: %s.\n\n", Prefix, v.Usage(), v.Short, v.Long, rights[v.Name])
	for _, example := range v.Examples {
		fmt.Fprintf(&b, "- `%s %s`\n", Prefix, example)
	}
	return b.String()
}
