package main

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/pflag"

	"github.com/linnet-bot/linnet/pkg/mesh/share"
)

// observeServeFlags say where observations are served, and to whom.
type observeServeFlags struct {
	listen            string // "" = nowhere
	audience          string
	allow             []string
	certFile, keyFile string
}

func (f *observeServeFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.listen, "serve", "", "serve the newest observation at this `ADDRESS`, such as :8443, to service accounts that --allow names")
	flags.StringVar(&f.audience, "audience", "linnet-observer", "with --serve: the `NAME` that their tokens must be made for")
	flags.StringArrayVar(&f.allow, "allow", nil, "with --serve: a service account that may read, `NAMESPACE/NAME`; as often as needed")
	flags.StringVar(&f.certFile, "tls-cert-file", "", "with --serve: PEM `FILE` with the certificate for TLS, read anew when it changes; without one it is plain http")
	flags.StringVar(&f.keyFile, "tls-key-file", "", "with --serve: PEM `FILE` with its key")
}

// callers refuses flags that do not go together, and gives the service accounts.
func (f *observeServeFlags) callers() ([]share.Caller, error) {
	switch {
	case f.listen == "" && (len(f.allow) > 0 || f.certFile != "" || f.keyFile != ""):
		return nil, usagef("--allow, --tls-cert-file and --tls-key-file are for --serve; say where to serve, such as --serve :8443")
	case f.listen == "":
		return nil, nil
	case len(f.allow) == 0:
		return nil, usagef("--serve needs --allow NAMESPACE/NAME: the service account of who is to read, such as that of the bot; nobody else may")
	case f.audience == "":
		return nil, usagef("--audience must not be empty: a token for everything would open the observation")
	case (f.certFile == "") != (f.keyFile == ""):
		return nil, usagef("--tls-cert-file and --tls-key-file go together; give both or neither")
	}
	var callers []share.Caller
	for _, text := range f.allow {
		c, err := share.ParseCaller(text)
		if err != nil {
			return nil, usagef("--allow %v", err)
		}
		callers = append(callers, c)
	}
	return callers, nil
}

// readyFor is how old the newest observation may be while the observer counts as ready. Istiods that do not answer make one look longer than usual.
func readyFor(every time.Duration) time.Duration { return max(2*time.Minute, 4*every) }

// observeAndServe observes until it is interrupted, and gives the newest observation to the callers.
func (a *app) observeAndServe(ctx context.Context, cluster *liveCluster, f observeFlags, callers []share.Caller) error {
	log := slog.New(slog.NewTextHandler(a.stderr, nil))
	handler, err := share.NewHandler(share.Options{
		Audience: f.serve.audience, Callers: callers, Cluster: cluster.config, MaxAge: readyFor(f.every), Now: a.now, Log: log,
	})
	if err != nil {
		return err
	}
	defer handler.Close()
	ctx, end := context.WithCancel(ctx)
	defer end()
	served := make(chan error, 1)
	go func() {
		defer end() // nobody could read what is seen, so somebody should hear of it
		served <- share.Serve(ctx, share.Listen{Address: f.serve.listen, CertFile: f.serve.certFile, KeyFile: f.serve.keyFile, Log: log}, handler, func(at net.Addr) {
			log.InfoContext(ctx, "serving observations", "address", at.String(), "tls", f.serve.certFile != "", "audience", f.serve.audience, "allowed", f.serve.allow)
		})
	}()
	err = a.observeOn(ctx, cluster, f, handler.Put)
	if failed := <-served; failed != nil {
		return failed
	}
	return err
}
