package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/github"
	"github.com/linnet-bot/linnet/pkg/forge/gitlab"
	"github.com/linnet-bot/linnet/pkg/forge/local"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
	"github.com/linnet-bot/linnet/pkg/network"
)

var errNoForge = usagef("no forge: name a configuration with forge by --config or $LINNET_CONFIG, such as forge: {kind: local, path: DIR}, which needs no account")

// openForge opens the configured forge as the bot. The caller ends with the function that comes back.
func (a *app) openForge(cfg config.Config) (forge.Forge, func() error, error) {
	if cfg.Forge == nil {
		return nil, nil, errNoForge
	}
	switch cfg.Forge.Kind {
	case config.GitHub:
		return a.openGitHub(*cfg.Forge, len(cfg.Rights().Groups()) > 0)
	case config.GitLab:
		return a.openGitLab(*cfg.Forge)
	default:
		f, err := local.Open(cfg.Forge.Path, botName, local.WithClock(a.now))
		if err != nil {
			return nil, nil, err
		}
		return f, f.Shutdown, nil
	}
}

// openGitHub acts as an App where one is configured, otherwise as the owner of a token. Teams are asked for only where a right names one.
func (a *app) openGitHub(f config.Forge, teams bool) (forge.Forge, func() error, error) {
	a.hide()
	failed := func(err error) (forge.Forge, func() error, error) {
		return nil, nil, fmt.Errorf("open the forge %s: %w", f.Address(), err)
	}
	base, err := networkOf(f)
	if err != nil {
		return failed(err)
	}
	hosts, err := github.Hosts(f.Address())
	if err != nil {
		return failed(err)
	}
	o := github.Options{URL: f.Address(), Project: f.Project, Now: a.now}
	var credential transport.CredentialFunc
	if f.App != nil {
		o.AppID = int64(f.App.ID)
		credential, err = a.installation(f, teams, base)
	} else {
		credential, err = a.token(f, "Authorization", "Bearer ")
		credential = github.ForGit(credential)
	}
	if err != nil {
		return failed(err)
	}
	o.Client = &http.Client{Transport: transport.New(transport.Options{Name: hosts[0], Hosts: hosts, UserAgent: "linnet", Credential: credential, Base: base})}
	opened, err := github.New(o)
	if err != nil {
		return nil, nil, err
	}
	return opened, func() error { base.CloseIdleConnections(); return nil }, nil
}

// installation is the configured GitHub App, where it is installed on the project.
func (a *app) installation(f config.Forge, teams bool, base http.RoundTripper) (transport.CredentialFunc, error) {
	key, err := os.ReadFile(f.App.PrivateKeyFile)
	if err != nil {
		return nil, fmt.Errorf("read the private key of the GitHub App: %w", err)
	}
	a.secrets.Add(strings.TrimSpace(string(key)))
	return github.Installation{URL: f.Address(), AppID: int64(f.App.ID), ID: int64(f.App.Installation), Key: key, Project: f.Project, Teams: teams, Base: base, Tell: a.secrets.Add}.Credential()
}

// openGitLab speaks with the API and with Git by two transports: each wants the token in a header of its own.
func (a *app) openGitLab(f config.Forge) (forge.Forge, func() error, error) {
	a.hide()
	base, err := networkOf(f)
	if err != nil {
		return nil, nil, fmt.Errorf("open the forge %s: %w", f.Address(), err)
	}
	token, err := a.token(f, "Private-Token", "")
	if err != nil {
		return nil, nil, fmt.Errorf("open the forge %s: %w", f.Address(), err)
	}
	address, err := url.Parse(f.Address())
	if err != nil {
		return nil, nil, fmt.Errorf("open the forge %s: %w", f.Address(), err)
	}
	client := func(credential transport.CredentialFunc) *http.Client {
		return &http.Client{Transport: transport.New(transport.Options{Name: address.Host, Hosts: []string{address.Host}, UserAgent: "linnet",
			Credential: credential, Base: base})}
	}
	opened, err := gitlab.New(gitlab.Options{URL: f.Address(), Project: f.Project, Client: client(token), GitClient: client(gitlab.ForGit(token)),
		Now: a.now, RequiredChecks: []string{conductor.CheckName}, StatusCheck: f.StatusCheck})
	if err != nil {
		return nil, nil, err
	}
	return opened, func() error { base.CloseIdleConnections(); return nil }, nil
}

func networkOf(f config.Forge) (*http.Transport, error) {
	return network.Transport(network.Options{CAFile: f.CAFile, ClientCertFile: f.ClientCertFile, ClientKeyFile: f.ClientKeyFile, ProxyURL: f.ProxyURL})
}

// token is the configured token as a header.
func (a *app) token(f config.Forge, header, prefix string) (transport.CredentialFunc, error) {
	if f.TokenFile != "" {
		return transport.TokenFile(f.TokenFile, header, prefix, a.secrets.Add), nil
	}
	value := a.getenv(f.TokenEnv)
	if value == "" {
		return nil, fmt.Errorf("the environment variable %s, which is to hold the token, is empty", f.TokenEnv)
	}
	a.secrets.Add(value)
	return func(context.Context) (transport.Credential, error) {
		return transport.Credential{Header: header, Value: prefix + value}, nil
	}, nil
}

// hide keeps secrets out of all that the program prints from now on.
func (a *app) hide() {
	if a.secrets == nil {
		a.secrets = transport.NewRedactor()
		a.stdout, a.stderr = a.secrets.Writer(a.stdout), a.secrets.Writer(a.stderr)
	}
}

// groups asks the forge who is in which group; nil where it has none.
func groups(f forge.Forge) func(context.Context, int64, forge.User) (bool, error) {
	teller, ok := f.(forge.Groups)
	if !ok {
		return nil
	}
	return teller.InGroup
}

// roles asks the forge for roles; nil where it has none.
func roles(f forge.Forge) func(context.Context, forge.User) (chatops.Role, error) {
	teller, ok := f.(forge.Roles)
	if !ok {
		return nil
	}
	return func(ctx context.Context, u forge.User) (chatops.Role, error) {
		word, err := teller.Role(ctx, u)
		if err != nil || word == "" {
			return chatops.NoRole, err
		}
		role, known := chatops.ParseRole(word)
		if !known {
			return chatops.NoRole, errors.New("the forge gives " + u.Name + " a role that is not known here: " + word)
		}
		return role, nil
	}
}
