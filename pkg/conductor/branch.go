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
	plain := strings.Trim(unfit.ReplaceAllString(environment, "-"), "-.")
	if plain != environment || strings.HasSuffix(plain, ".lock") {
		plain = strings.TrimSuffix(plain, ".lock")
		sum := sha256.Sum256([]byte(environment))
		plain = strings.TrimPrefix(fmt.Sprintf("%s-%x", plain, sum[:3]), "-")
	}
	return "linnet/" + plain + "/"
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
	return fmt.Sprintf("%s%s/%d-%02d-%s", branchPrefix(environment), p.Release, p.Attempt, p.Number, p.Phase)
}

var placeShape = regexp.MustCompile(`^(\d+)-(\d{2,})-([a-z0-9][a-z0-9-]*)$`)

// parseBranch reads a branch name; ok is false for one that is none of the environment's.
func parseBranch(environment, branch string) (p place, ok bool) {
	rest, ok := strings.CutPrefix(branch, branchPrefix(environment))
	if !ok {
		return place{}, false
	}
	folder, name := path.Split(rest)
	m := placeShape.FindStringSubmatch(name)
	p.Release = strings.TrimSuffix(folder, "/")
	if m == nil || p.Release == "" || strings.Contains(p.Release, "/") {
		return place{}, false
	}
	p.Phase = m[3]
	var err error
	if p.Attempt, err = strconv.Atoi(m[1]); err != nil {
		return place{}, false
	}
	if p.Number, err = strconv.Atoi(m[2]); err != nil {
		return place{}, false
	}
	return p, p.branch(environment) == branch
}
