package hook

import (
	"encoding/json"
	"strconv"
)

// Press is somebody pressing a button of a check run of GitHub, or asking for one to be run again. Unlike a Hint it cannot be read up on the forge afterwards,
// so it is told as it came: that it is authentic is proved by the signature, and whether the sender may is for whoever acts on it to ask.
type Press struct {
	Project string // as in Hint
	// Button is the identifier that the run gave it, and "" where a run, or all of a commit, is to be run again.
	Button string
	SHA    string // of the commit that the run is on
	// Sender is who pressed: the forge's number, which survives renaming, the login, and whether the forge knows it as a bot.
	SenderID, Sender string
	SenderIsBot      bool
	// Delivery is the webhook's id in letters, digits, dots, dashes and underscores; never "".
	Delivery string
}

// pressOf finds the press in an event that has one.
func pressOf(e event, h Hint) (Press, bool) {
	if e.name != "check_run" && e.name != "check_suite" || e.delivery == "" {
		return Press{}, false
	}
	body, err := unwrapped(e)
	if err != nil {
		return Press{}, false
	}
	var p struct {
		Action          string `json:"action"`
		RequestedAction struct {
			Identifier string `json:"identifier"`
		} `json:"requested_action"`
		Sender struct {
			ID    int64  `json:"id"`
			Login string `json:"login"`
			Type  string `json:"type"`
		} `json:"sender"`
	}
	if json.Unmarshal(body, &p) != nil || p.Sender.ID <= 0 || p.Sender.Login == "" {
		return Press{}, false
	}
	again, button := p.Action == "rerequested", p.Action == "requested_action" && plain.MatchString(p.RequestedAction.Identifier)
	if !again && !button {
		return Press{}, false
	}
	made := Press{Project: h.Project, SHA: h.SHA, SenderID: strconv.FormatInt(p.Sender.ID, 10), Sender: p.Sender.Login, SenderIsBot: p.Sender.Type == "Bot", Delivery: plainID(e.delivery)}
	if button {
		made.Button = p.RequestedAction.Identifier
	}
	return made, true
}
