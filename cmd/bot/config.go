package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/config"
)

// config is the configuration that --config or LINNET_CONFIG names, or the
// defaults where neither does.
func (a *app) config() (config.Config, error) {
	file := a.configFile
	if file == "" {
		file = a.getenv("LINNET_CONFIG")
	}
	if file == "" {
		return config.Default(), nil
	}
	return config.LoadFile(file)
}

func newConfigCommand(a *app) *cobra.Command {
	return newGroup("config", "Check the configuration file, or print its schema",
		newConfigCheckCommand(a),
		newConfigSchemaCommand(a),
	)
}

func newConfigCheckCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE]",
		Short: "Print the configuration as it is understood, or all that is wrong with it",
		Long: `Reads FILE (else what --config or $LINNET_CONFIG names) exactly as every other
command does and prints it with the defaults filled in. What is wrong with it is
printed with file and line, and the exit code is 1. Nothing else is read: not
the files it names, no network. For each environment with windows or freezes
a comment below says when the bot may merge next.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				a.configFile = args[0]
			}
			if a.configFile == "" && a.getenv("LINNET_CONFIG") == "" {
				return usagef("no configuration to check; name the file: linnet config check FILE")
			}
			cfg, err := a.config()
			if err != nil {
				return err
			}
			text, err := cfg.YAML()
			if err != nil {
				return err
			}
			next, err := openings(cfg, a.now())
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(append(text, next...))
			return err
		},
	}
}

// openings says, as comments of YAML, when the bot may merge next in each environment that has windows or freezes.
func openings(cfg config.Config, now time.Time) (string, error) {
	var out strings.Builder
	for _, e := range cfg.Environments {
		if len(e.Policy.Windows)+len(e.Policy.Freezes) == 0 {
			continue
		}
		c, err := e.Policy.Calendar()
		if err != nil {
			return "", err
		}
		if _, why := c.Next(now); why != "" {
			fmt.Fprintf(&out, "# environment %q: the bot does not merge now: %s\n", e.Path, why)
		} else {
			fmt.Fprintf(&out, "# environment %q: the bot may merge now\n", e.Path)
		}
	}
	return out.String(), nil
}

func newConfigSchemaCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the configuration file",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.stdout, config.Schema())
			return err
		},
	}
}
