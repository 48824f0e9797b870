package share

import (
	"fmt"
	"regexp"
	"strings"
)

// Caller is a service account that may read the observation.
type Caller struct{ Namespace, Name string }

// namePart is a DNS label, namePattern a name of several.
var (
	namePart    = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	namePattern = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$`)
)

// ParseCaller reads NAMESPACE/NAME.
func ParseCaller(text string) (Caller, error) {
	namespace, name, _ := strings.Cut(text, "/")
	if !namePart.MatchString(namespace) || !namePattern.MatchString(name) {
		return Caller{}, fmt.Errorf("%q is no service account; write NAMESPACE/NAME, such as linnet/linnet", text)
	}
	return Caller{Namespace: namespace, Name: name}, nil
}

// subject is what its tokens call it. Neither part can hold a colon.
func (c Caller) subject() string { return "system:serviceaccount:" + c.Namespace + ":" + c.Name }
