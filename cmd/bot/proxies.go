package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/linnet-bot/linnet/pkg/checks/proxies"
)

type proxiesFlags struct {
	cluster                          clusterFlags
	observation                      observationFlags
	environment, revision, namespace string
	output                           string
	old, watch                       bool
	every                            time.Duration
}

func newProxiesCommand(a *app) *cobra.Command {
	var f proxiesFlags
	cmd := &cobra.Command{
		Use:   "proxies",
		Short: "List the proxies of the mesh: revision, version, istiod, sync state, and why an old one does not move",
		Long: `Proxies lists every pod with a proxy as both witnesses tell of it: the pod, which revision injected it; and all istiods of all revisions, who is connected to
which, at which version, and how far each is in sync. It changes nothing.

It looks at the cluster that --kubeconfig and --context name, as observe does, or at what --observation names, or at what the configured environment is
observed by. Without a configuration it is the cluster of $KUBECONFIG. Without a token for the istiods only the pods are known, and it says so.

--old lists only those that are old, each with its owner, why it does not move by itself, and what moves it. Old is who is not on --revision; or else, with an
environment, not on the revision that its upgrade moves to; or else not on the one that its own next pod would get. The first line says which.

With --watch it writes the list anew when something has changed. Of a cluster it sees every change; a file is read again after --every.

Exit codes: 0, the list is complete; 3, too little was seen for that, and the reasons stand above the list; 1, nothing could be seen; 2, the command line or
the configuration is wrong.`,
		Example: `  linnet proxies
  linnet proxies --old --revision 1-29-0
  linnet proxies -n monitoring -o wide --watch
  linnet proxies --environment dev --old -o json | jq -r '.proxies[] | .remedy'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.proxies(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	f.cluster.add(flags)
	f.observation.add(flags)
	flags.Lookup("observation").Usage = "list what this observation says, a `FILE`, - for standard input or the URL of an observer"
	flags.StringVar(&f.environment, "environment", "", "the configured environment, by its `FOLDER`")
	flags.StringVar(&f.revision, "revision", "", "the `NAME` of the revision that is wanted")
	flags.StringVarP(&f.namespace, "namespace", "n", "", "only this `NAMESPACE`")
	flags.BoolVar(&f.old, "old", false, "only those that are old, with the reason and what moves them")
	flags.StringVarP(&f.output, "output", "o", "table", "table, wide, json or yaml")
	flags.BoolVarP(&f.watch, "watch", "w", false, "write the list anew when something has changed")
	flags.DurationVar(&f.every, "every", 15*time.Second, "with --watch: the longest `DURATION` between two looks")
	return cmd
}

func (a *app) proxies(ctx context.Context, f proxiesFlags) (err error) {
	if err := oneOf("output", f.output, "table", "wide", "json", "yaml"); err != nil {
		return err
	}
	switch {
	case f.every < time.Second:
		return usagef("--every must be at least 1s")
	case f.watch && f.observation.from == "-":
		return usagef("--watch looks again and again, and standard input holds one observation: name a file")
	}
	view, done, err := a.openView(ctx, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if f.watch {
		return a.watchProxies(ctx, view, f)
	}
	list, err := view.list(ctx)
	if err != nil {
		return err
	}
	if err := a.printProxies(f, list); err != nil {
		return err
	}
	if !list.Complete {
		return exitCode(exitUnknown)
	}
	return nil
}

// printProxies writes one list.
func (a *app) printProxies(f proxiesFlags, list proxies.List) error {
	switch f.output {
	case "json":
		out := json.NewEncoder(a.stdout)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		return out.Encode(list)
	case "yaml":
		text, err := yaml.Marshal(list)
		if err != nil {
			return fmt.Errorf("write the proxies as YAML: %w", err)
		}
		if f.watch {
			text = append([]byte("---\n"), text...)
		}
		_, err = a.stdout.Write(text)
		return err
	}
	return a.show(list.Text(a.proxiesStyle(f)))
}

// proxiesStyle leaves a wide table as wide as it is, unless it is for a terminal or somebody says how wide.
func (a *app) proxiesStyle(f proxiesFlags) proxies.Style {
	s := proxies.Style{Width: a.width, Wide: f.output == "wide"}
	if s.Wide && !a.isTTY && a.getenv("COLUMNS") == "" {
		s.Width = 0
	}
	return s
}
