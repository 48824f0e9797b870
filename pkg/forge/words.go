package forge

import "strconv"

// Words are what people call things where a forge is used, for what they read there. Programs, logs and errors speak of merge requests everywhere.
type Words struct {
	request string // "" = merge request
	sign    string // before its number
}

// PullRequests are the words of GitHub.
var PullRequests = Words{request: "pull request", sign: "#"}

// Request is "merge request", or what that is called here.
func (w Words) Request() string {
	if w.request == "" {
		return "merge request"
	}
	return w.request
}

// Number is a merge request by its number as people write it, and as the forge makes it a link: "!3", or "#3".
func (w Words) Number(n int) string {
	if w.sign == "" {
		return "!" + strconv.Itoa(n)
	}
	return w.sign + strconv.Itoa(n)
}
