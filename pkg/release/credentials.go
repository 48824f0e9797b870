package release

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	gitssh "github.com/go-git/go-git/v5/plumbing/transport/ssh"
)

// credentials are read from a file of lines `key: value`; empty lines and lines that start with # are left out. Spaces around a value are
// not part of it. The keys:
//
//	username    for http and https
//	password    for http and https; needs username
//	token       an access token of a forge, sent as the password; username defaults to oauth2, which every forge accepts
//	sshKey      path of a private key for ssh, relative to this file; without it, the SSH agent is asked
//	knownHosts  path of a known_hosts file for ssh, relative to this file; without it, $SSH_KNOWN_HOSTS, then the usual files
//
// They travel in the Authorization header (or in the SSH handshake) and nowhere else.
type credentials struct {
	username, password string
	sshKey, knownHosts string
}

func readCredentials(file string) (credentials, error) {
	var c credentials
	if file == "" {
		return c, nil
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return c, fmt.Errorf("cannot read the credentials file: %w", err)
	}
	seen := map[string]string{}
	for i, line := range strings.Split(string(src), "\n") {
		line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		// What stands in a wrong line may be the secret itself: errors give its number only.
		key, value, ok := strings.Cut(line, ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if _, twice := seen[key]; !ok || value == "" || twice || !isCredentialKey(key) {
			return c, fmt.Errorf("line %d of the credentials file %s is not understood; each line is username, password, token, sshKey or knownHosts, once, then a colon and the value", i+1, file)
		}
		seen[key] = value
	}
	c = credentials{username: seen["username"], password: seen["password"], sshKey: beside(file, seen["sshKey"]), knownHosts: beside(file, seen["knownHosts"])}
	if token := seen["token"]; token != "" {
		if c.password != "" {
			return c, fmt.Errorf("the credentials file %s holds a password and a token; keep one", file)
		}
		c.password = token
		if c.username == "" {
			c.username = "oauth2"
		}
	}
	switch {
	case len(seen) == 0:
		return c, fmt.Errorf("the credentials file %s is empty; write username and password, or token, or sshKey, one a line", file)
	case (c.username == "") != (c.password == ""):
		return c, fmt.Errorf("the credentials file %s has only one of username and password; write both, or a token", file)
	}
	return c, nil
}

func isCredentialKey(key string) bool {
	switch key {
	case "username", "password", "token", "sshKey", "knownHosts":
		return true
	}
	return false
}

func beside(file, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

func (c credentials) secrets() []string {
	if c.password == "" {
		return nil
	}
	return []string{c.password}
}

// http returns nil, not a typed nil, where there is nothing to send.
func (c credentials) http() transport.AuthMethod {
	if c.password == "" {
		return nil
	}
	return &githttp.BasicAuth{Username: c.username, Password: c.password}
}

func (c credentials) ssh(user string) (transport.AuthMethod, error) {
	if user == "" {
		user = "git"
	}
	if c.sshKey == "" && c.knownHosts == "" {
		return nil, nil // go-git asks the agent
	}
	var files []string
	if c.knownHosts != "" {
		files = []string{c.knownHosts}
	}
	if c.sshKey == "" {
		agent, err := gitssh.NewSSHAgentAuth(user)
		if err != nil {
			return nil, fmt.Errorf("cannot ask the SSH agent for a key: %w; name one as sshKey in the credentials file", err)
		}
		agent.HostKeyCallback, err = gitssh.NewKnownHostsCallback(files...)
		return agent, err
	}
	key, err := gitssh.NewPublicKeysFromFile(user, c.sshKey, "")
	var path *os.PathError
	switch {
	case errors.As(err, &path):
		return nil, fmt.Errorf("cannot read the SSH key that the credentials file names: %w", err)
	case err != nil:
		return nil, fmt.Errorf("cannot use the SSH key %s: it is not a private key without a passphrase", c.sshKey)
	}
	if len(files) > 0 {
		if key.HostKeyCallback, err = gitssh.NewKnownHostsCallback(files...); err != nil {
			return nil, fmt.Errorf("cannot read the known hosts that the credentials file names: %w", err)
		}
	}
	return key, nil
}
