package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/mesh/share"
)

// observers are what observes the environments' clusters, in their order. The caller ends with the function that comes back. It must be called before what is to
// keep the observers' tokens hidden is made.
func (a *app) observers(environments []config.Environment) ([]conductor.Observer, func() error, error) {
	var all []conductor.Observer
	var clients []*share.Client
	closed := func() error {
		var errs []error
		for _, c := range clients {
			errs = append(errs, c.Close())
		}
		return errors.Join(errs...)
	}
	for _, e := range environments {
		o := e.Cluster.Observer
		if o == nil {
			all = append(all, observationFile(e.Cluster.ObservationFile))
			continue
		}
		c, err := a.observer(share.From{URL: o.URL, TokenFile: o.TokenFile, CAFile: o.CAFile})
		if err != nil {
			return nil, nil, fmt.Errorf("observe the cluster of %s: %w", e.Path, err)
		}
		all, clients = append(all, c), append(clients, c)
	}
	return all, closed, nil
}

// observer reads from an observer with a token that is hidden from now on.
func (a *app) observer(from share.From) (*share.Client, error) {
	a.hide()
	from.Tell = a.secrets.Add
	return share.NewClient(from)
}

// observationFlags name an observation in place of the configured one.
type observationFlags struct {
	from              string // a file, "-" or a URL; "" = the configured one
	tokenFile, caFile string
}

func (f *observationFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.from, "observation", "", "judge this observation, a `FILE`, - for standard input or the URL of an observer, in place of the configured one")
	flags.StringVar(&f.tokenFile, "observation-token-file", "", "with a URL: `FILE` with a service account's token of the observer's audience, read anew when it changes")
	flags.StringVar(&f.caFile, "observation-ca-file", "", "with a URL: PEM `FILE` with certificates to trust beside the system's")
}

// observation is what the flags name; nil = nothing. The caller ends with the function that comes back.
func (a *app) observation(f observationFlags) (conductor.Observer, func() error, error) {
	nothing := func() error { return nil }
	isURL := strings.HasPrefix(f.from, "https://") || strings.HasPrefix(f.from, "http://")
	switch {
	case !isURL && (f.tokenFile != "" || f.caFile != ""):
		return nil, nil, usagef("--observation-token-file and --observation-ca-file are for --observation URL")
	case isURL && f.tokenFile == "":
		return nil, nil, usagef("--observation URL needs --observation-token-file: a file with a service account's token of the observer's audience, from a projected volume")
	case isURL:
		c, err := a.observer(share.From{URL: f.from, TokenFile: f.tokenFile, CAFile: f.caFile})
		if err != nil {
			return nil, nil, usagef("--observation: %v", err)
		}
		return c, c.Close, nil
	case f.from == "-":
		return &onceFrom{a.stdin}, nothing, nil
	case f.from != "":
		return observationFile(f.from), nothing, nil
	}
	return nil, nothing, nil
}
