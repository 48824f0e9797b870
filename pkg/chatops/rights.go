package chatops

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Role is what somebody may do in the project on the forge. Roles are ordered: each includes the ones before it. The zero Role, of somebody
// without one or whose role could not be read, includes nothing.
type Role int

// The roles, by GitLab's names. GitHub's are read, triage, write, maintain and admin.
const (
	NoRole Role = iota
	Guest
	Reporter
	Developer
	Maintainer
	Owner
)

// roleWords are GitLab's and GitHub's words, by role.
var roleWords = [...][2]string{{"", ""}, {"guest", "read"}, {"reporter", "triage"}, {"developer", "write"}, {"maintainer", "maintain"}, {"owner", "admin"}}

// String is GitLab's word.
func (r Role) String() string {
	if r <= NoRole || int(r) >= len(roleWords) {
		return "nobody"
	}
	return roleWords[r][0]
}

// ParseRole reads a word of either forge.
func ParseRole(word string) (Role, bool) {
	for r := Guest; r <= Owner; r++ {
		if word == roleWords[r][0] || word == roleWords[r][1] {
			return r, true
		}
	}
	return NoRole, false
}

// RoleWords are all words that ParseRole reads, the lowest role first.
func RoleWords() []string {
	var all []string
	for _, words := range roleWords[Guest:] {
		all = append(all, words[0], words[1])
	}
	return all
}

// Right is who may give a command. The zero Right is nobody's.
type Right struct {
	Everyone bool     // who can comment, bots left out
	Role     Role     // this one and every higher one; NoRole = no role is enough
	Groups   []int64  // and the members of these: teams on GitHub, groups on GitLab, by number
	Users    []string // and these, by the name on the forge, without "@"; a bot only here
}

// String is who, in words: "a maintainer, somebody of group 17 or `ana`".
func (r Right) String() string {
	if r.Everyone {
		return "everyone"
	}
	var who []string
	if r.Role != NoRole {
		who = append(who, a(r.Role))
	}
	for _, group := range r.Groups {
		who = append(who, fmt.Sprintf("somebody of group %d", group))
	}
	for _, user := range r.Users {
		who = append(who, code(user))
	}
	switch last := len(who) - 1; last {
	case -1:
		return "nobody"
	case 0:
		return who[0]
	default:
		return strings.Join(who[:last], ", ") + " or " + who[last]
	}
}

// names tells whether the right names the user. Forges do not tell names apart by case.
func (r Right) names(user string) bool {
	for _, u := range r.Users {
		if user != "" && lower(u) == lower(user) {
			return true
		}
	}
	return false
}

// group is the first group of the right that is among these, 0 for none.
func (r Right) group(in []int64) int64 {
	for _, g := range r.Groups {
		if slices.Contains(in, g) {
			return g
		}
	}
	return 0
}

// Groups are the groups that any right names, the lowest number first.
func (r Rights) Groups() []int64 {
	var all []int64
	for _, right := range r {
		all = append(all, right.Groups...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Rights is who may give which command, by verb. A verb that is not in it is nobody's.
type Rights map[string]Right

// DefaultRights are those of the table: what only tells is everyone's, what only waits a developer's, what acts a maintainer's, and to skip a soak
// is nobody's.
func DefaultRights() Rights {
	all := Rights{}
	for _, v := range Verbs {
		all[v.Name] = v.Right
	}
	return all
}

func a(r Role) string {
	if r == Owner {
		return "an " + r.String()
	}
	return "a " + r.String()
}

// code shows a name without mentioning whom it names, in a table too.
func code(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == '`' || r == '|' || !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, name)
	if r := []rune(name); len(r) > longestName {
		name = string(r[:longestName]) + "…"
	}
	return "`" + name + "`"
}

// longestName is longer than any login that a forge gives.
const longestName = 100

// lower changes the case of ASCII letters only: others have companions that are different people.
func lower(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}
