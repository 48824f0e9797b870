package conductor

import (
	"crypto/sha256"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// firstAttempt counts from one; each rollback or abort that was carried through would begin another.
const firstAttempt = 1

// branchPrefix is what all branches of an environment begin with. A folder whose path cannot be part of a branch name as it stands is written with
// dashes, and six characters of its hash keep it apart from others that would look the same.
func branchPrefix(environment string) string {
	if ordinary(environment) {
		return "linnet/" + environment + "/"
	}
	plain := strings.Trim(unfit.ReplaceAllString(environment, "-"), "-.")
	if plain != environment || strings.HasSuffix(plain, ".lock") {
		plain = strings.TrimSuffix(plain, ".lock")
		sum := sha256.Sum256([]byte(environment))
		plain = strings.TrimPrefix(fmt.Sprintf("%s-%x", plain, sum[:3]), "-")
	}
	return "linnet/" + plain + "/"
}

// ordinary tells of the names that nearly all environments have: letters, digits and dashes, which need no looking at twice.
func ordinary(environment string) bool {
	return environment != "" && strings.Trim(environment, "-") == environment && lowerWord(environment)
}

// lowerWord tells whether a text is nothing but small letters, digits and dashes.
func lowerWord(text string) bool {
	for i := range len(text) {
		if c := text[i]; c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

var unfit = regexp.MustCompile(`[^A-Za-z0-9_.-]+|\.\.+`)

// place is what a branch name says: which phase of which upgrade.
type place struct {
	Release string
	Attempt int
	Number  int // of the phase, 1-based
	Phase   string
}

func (p place) branch(environment string) string {
	return branchPrefix(environment) + p.Release + "/" + p.name()
}

// name is the last part of a branch's name: "1-02-canary".
func (p place) name() string { return p.numbers() + "-" + p.Phase }

// numbers is what it begins with: "1-02".
func (p place) numbers() string {
	number := strconv.Itoa(p.Number)
	if p.Number < 10 {
		number = "0" + number
	}
	return strconv.Itoa(p.Attempt) + "-" + number
}

// parseBranch reads a branch name; ok is false for one that is none of the environment's.
func parseBranch(environment, branch string) (p place, ok bool) {
	rest, ok := strings.CutPrefix(branch, branchPrefix(environment))
	if !ok {
		return place{}, false
	}
	folder, name := path.Split(rest)
	p.Release = strings.TrimSuffix(folder, "/")
	if p.Release == "" || strings.Contains(p.Release, "/") {
		return place{}, false
	}
	attempt, numbered, _ := strings.Cut(name, "-")
	number, phase, _ := strings.Cut(numbered, "-")
	if phase == "" || phase[0] == '-' || !lowerWord(phase) {
		return place{}, false
	}
	var errAttempt, errNumber error
	p.Attempt, errAttempt = strconv.Atoi(attempt)
	p.Number, errNumber = strconv.Atoi(number)
	p.Phase = phase
	if errAttempt != nil || errNumber != nil || p.Attempt < 0 || p.Number < 0 || p.numbers() != name[:len(attempt)+1+len(number)] {
		return place{}, false // or the numbers are written in another way than the bot's
	}
	return p, true
}
