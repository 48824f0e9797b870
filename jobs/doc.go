// Package jobs holds no code: below it lie the ready-made jobs around linnet check, gitlab/linnet-check.yml and gitlab/linnet-gate.yml to be included by GitLab CI, and github/check, an action
// of GitHub. Its tests hold them to what docs/pipelines.md says. That their scripts run is tested with the program, in cmd/bot.
package jobs
