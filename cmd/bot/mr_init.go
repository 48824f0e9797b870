package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/local"
)

func newMRInitCommand(m *mr) *cobra.Command {
	var o local.CreateOptions
	var required []string
	cmd := &cobra.Command{
		Use:     "init --forge DIR [--clone REPOSITORY]",
		Short:   "Make a local forge, empty or from a clone of yours",
		Example: "  linnet mr init --forge trial --clone ~/gitops --approvals 1\n  git clone trial/repo.git",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			dir, err := m.forgeDir()
			if err != nil {
				return err
			}
			for _, name := range required {
				o.Settings.RequiredChecks = append(o.Settings.RequiredChecks, local.RequiredCheck{Name: name})
			}
			o.Now = m.now
			if err := local.Create(dir, o); err != nil {
				return err
			}
			_, err = fmt.Fprintf(m.stdout, "made %s\n", filepath.Join(dir, "repo.git"))
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Clone, "clone", "", "start with the history of the Git `REPOSITORY` on disk")
	flags.StringVar(&o.CloneRef, "ref", "HEAD", "branch, tag or `COMMIT` of it to start with")
	flags.StringVar(&o.DefaultBranch, "branch", "main", "`NAME` of the default branch")
	flags.IntVar(&o.Settings.RequiredApprovals, "approvals", 0, "how many people must approve")
	flags.StringArrayVar(&required, "require-check", nil, "`NAME` of a check that must be green; may be repeated")
	return cmd
}

func newMROpenCommand(m *mr) *cobra.Command {
	var r forge.OpenRequest
	cmd := &cobra.Command{
		Use:   "open --source BRANCH --title TITLE",
		Short: "Open a merge request of your own",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return m.withForge(func(f *local.Forge) error {
				ctx := cmd.Context()
				if r.Target == "" {
					var err error
					if r.Target, err = f.DefaultBranch(ctx); err != nil {
						return err
					}
				}
				opened, err := f.Open(ctx, r)
				if err != nil {
					return err
				}
				return m.answer(ctx, f, opened.Number, "opened !%d", opened.Number)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&r.Source, "source", "", "`BRANCH` to merge")
	flags.StringVar(&r.Target, "target", "", "`BRANCH` to merge into (default: the default branch)")
	flags.StringVar(&r.Title, "title", "", "`TITLE`")
	flags.StringVarP(&r.Description, "description", "d", "", "`TEXT` of the description")
	flags.StringArrayVar(&r.Labels, "label", nil, "`LABEL`; may be repeated")
	flags.StringArrayVar(&r.Reviewers, "reviewer", nil, "`NAME` to ask for a review; may be repeated")
	flags.BoolVar(&r.Draft, "draft", false, "as a draft")
	_ = cmd.MarkFlagRequired("source")
	_ = cmd.MarkFlagRequired("title")
	return cmd
}
