package config

import (
	"net"
	"strconv"
)

// Webhooks says how the forge tells of what happens. A webhook only makes the bot look sooner.
type Webhooks struct {
	// Address to listen on, host and port. TLS ends before it, at an ingress or a proxy.
	Listen string `yaml:"listen,omitempty" default:"127.0.0.1:8080"`
	// File that holds the secret of the webhook: GitHub's secret, or GitLab's secret token. It is read anew for each webhook; one secret a line, each of which is good.
	SecretFile string `yaml:"secretFile,omitempty" path:"true"`
	// File that holds the signing token (`whsec_…`) of GitLab's webhook. Given alone, webhooks that are not signed are refused.
	SigningTokenFile string `yaml:"signingTokenFile,omitempty" path:"true"`
}

func (v *validator) webhooks(w Webhooks, f *Forge) {
	if host, port, err := net.SplitHostPort(w.Listen); err != nil {
		v.problem("webhooks.listen", "is %q, but must be an address such as 127.0.0.1:8080 or :8080", w.Listen)
	} else if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 || len(host) > 253 {
		v.problem("webhooks.listen", "is %q, but must be an address such as 127.0.0.1:8080 or :8080", w.Listen)
	}
	if w.SecretFile == "" && w.SigningTokenFile == "" {
		v.problem("webhooks.secretFile", "is missing; write the file that holds the webhook's secret: without one, anybody could send webhooks")
	}
	switch {
	case f == nil || f.Kind == LocalForge:
		v.problem("webhooks", "need a forge that sends them; correct forge.kind, or remove webhooks")
	case w.SigningTokenFile != "" && f.Kind != GitLab:
		v.problem("webhooks.signingTokenFile", "is only for GitLab; write secretFile")
	}
}
