package syncz

import (
	"encoding/json"
	"errors"
)

// identity is what an istiod says it is. Only the answer to syncz says it.
type identity struct {
	ID   string // name of the pod
	Info struct {
		Version string `json:"version"`
	}
}

func identify(text string) (identity, error) {
	var who identity
	if text == "" {
		return who, errors.New("the answer does not say which pod gave it: this is no istiod, or one older than 1.9")
	}
	if err := json.Unmarshal([]byte(text), &who); err != nil {
		return who, errors.New("the answer says in words that are not istiod's who gave it: " + brief(text))
	}
	if who.ID == "" {
		return who, errors.New("the answer does not say which pod gave it: set POD_NAME in istiod's Deployment, as its chart does")
	}
	if who.Info.Version == "unknown" {
		who.Info.Version = "" // a build that was not told its version
	}
	return who, nil
}
