package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func newCompletionCommand(a *app) *cobra.Command {
	shells := []struct {
		name, install string
		write         func(root *cobra.Command, w io.Writer) error
	}{
		{"bash", "linnet completion bash > /etc/bash_completion.d/linnet",
			func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) }},
		{"zsh", `linnet completion zsh > "${fpath[1]}/_linnet"`,
			func(root *cobra.Command, w io.Writer) error { return root.GenZshCompletion(w) }},
		{"fish", "linnet completion fish > ~/.config/fish/completions/linnet.fish",
			func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) }},
		{"powershell", "linnet completion powershell | Out-String | Invoke-Expression",
			func(root *cobra.Command, w io.Writer) error { return root.GenPowerShellCompletionWithDesc(w) }},
	}
	group := newGroup("completion", "Print a completion script for a shell")
	for _, shell := range shells {
		group.AddCommand(&cobra.Command{
			Use:   shell.name,
			Short: "Print the completion script for " + shell.name,
			Long:  fmt.Sprintf("Prints the completion script for %s. To install it:\n\n  %s\n\nThen start a new shell.", shell.name, shell.install),
			Args:  cobra.NoArgs,
			RunE:  func(cmd *cobra.Command, _ []string) error { return shell.write(cmd.Root(), a.stdout) },
		})
	}
	return group
}
