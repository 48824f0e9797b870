package gitlab

import (
	"context"
	"encoding/base64"

	"github.com/linnet-bot/linnet/pkg/forge/transport"
)

// ForGit makes a credential of the API, a "Private-Token", one for Git: there GitLab takes a token only as a password, with any name.
func ForGit(c transport.CredentialFunc) transport.CredentialFunc {
	return func(ctx context.Context) (transport.Credential, error) {
		given, err := c(ctx)
		if err != nil {
			return transport.Credential{}, err
		}
		return transport.Credential{Header: "Authorization", Value: "Basic " + base64.StdEncoding.EncodeToString([]byte("linnet:"+given.Value)), Key: given.Key}, nil
	}
}
