package config

import (
	"fmt"
	"regexp"

	"github.com/linnet-bot/linnet/pkg/chatops"
)

// CommandRight is who may give one command: who has one of the roles, who is in one of the groups, and who is named.
type CommandRight struct {
	// Roles in the project on the forge. Each includes the higher ones.
	Roles []RoleWord `yaml:"roles,omitempty"`
	// Teams on GitHub, groups on GitLab, by their numbers, which stay when a name is given to somebody else.
	Groups []int `yaml:"groups,omitempty"`
	// People, and bots, by name on the forge.
	Users []string `yaml:"users,omitempty"`
}

// Rights is who may give which command: what is configured, and the defaults for the rest.
func (c Config) Rights() chatops.Rights {
	rights := chatops.DefaultRights()
	for verb, given := range c.Commands {
		right := chatops.Right{Users: given.Users}
		for _, group := range given.Groups {
			right.Groups = append(right.Groups, int64(group))
		}
		for _, word := range given.Roles {
			if role, ok := chatops.ParseRole(string(word)); ok && (right.Role == chatops.NoRole || role < right.Role) {
				right.Role = role
			}
		}
		rights[verb] = right
	}
	return rights
}

var userName = regexp.MustCompile(`^[A-Za-z0-9_][-A-Za-z0-9_.]*(\[bot\])?$`)

func (v *validator) commands(given map[string]CommandRight) {
	known := chatops.Names()
	for _, verb := range sortedKeys(given) {
		at, right := "commands."+clip(verb), given[verb]
		if _, err := chatops.Help(verb, nil); err != nil || verb == "" {
			v.problem(at, "is not a command, but must be %s%s", either(known), didYouMean(verb, known))
			continue
		}
		if len(right.Roles)+len(right.Users)+len(right.Groups) == 0 {
			v.problem(at, "gives it to nobody; write roles, groups or users, or leave it out for the default, %s", chatops.DefaultRights()[verb])
		}
		for i, group := range right.Groups {
			if group < 1 {
				v.problem(item(at+".groups", i), "is %d, but must be the number of a team or a group, from 1 on", group)
			}
		}
		for i, user := range right.Users {
			meant := ""
			if len(user) > 1 && userName.MatchString(user[1:]) {
				meant = fmt.Sprintf("; did you mean %q?", user[1:])
			}
			if !userName.MatchString(user) {
				v.problem(item(at+".users", i), "is %q, but must be a name on the forge%s", user, meant)
			}
		}
	}
}

// item is the path of an item of a list.
func item(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }
