{{/*
What could not work is refused before anything is installed, all of it at once, one sentence each. What works, and is weaker, is in NOTES.txt.
*/}}
{{- define "linnet.refusals" -}}
{{- $o := .Values.observer }}
{{- $b := .Values.bot }}
{{- if not (or $o.enabled $b.enabled) }}
- nothing is to run: set observer.enabled, bot.enabled or both
{{- end }}
{{- if not .Values.image.repository }}
- image.repository is missing: build the image with `make image`, push it to your registry, and write its name there without the tag
{{- end }}
{{- if $o.enabled }}
{{- if and (not $b.enabled) (not $o.allow) }}
- nobody may read what the observer sees: list the service accounts that may in observer.allow, as NAMESPACE/NAME
{{- end }}
{{- if and $o.tls.ca (not $o.tls.secretName) }}
- observer.tls.ca is given without observer.tls.secretName: name the Secret with the certificate, or remove the authority
{{- end }}
{{- if $o.expose.host }}
{{- if not $o.tls.secretName }}
- observer.expose.host is given without observer.tls.secretName: gateways pass TLS through, so the observer must speak it
{{- end }}
{{- if not .Values.istio.enabled }}
- observer.expose.host needs istio.enabled: the route is a VirtualService
{{- end }}
{{- end }}
{{- end }}
{{- if $b.enabled }}
{{- $c := $b.config }}
{{- range $key := list "forge" "environments" }}
{{- if not (get $c $key) }}
- bot.config.{{ $key }} is missing: see docs/configuration.md
{{- end }}
{{- end }}
{{- if and $c.webhooks (dig "webhooks" "listen" "" $c) }}
- bot.config.webhooks.listen is given: remove it, the chart's Service and probes need :8080
{{- end }}
{{- if dig "forge" "tokenEnv" "" $c }}
- bot.config.forge.tokenEnv is given: the chart sets no environment variable; put the token into a Secret, list that in bot.secretNames and write forge.tokenFile
{{- end }}
{{- if $c.stateKeyEnv }}
- bot.config.stateKeyEnv is given: the chart sets no environment variable; put the key into a Secret, list that in bot.secretNames and write stateKeyFile
{{- end }}
{{- if and $c.forge (not $b.secretNames) }}
- bot.secretNames is empty: the bot's credentials are files of a Secret that exists; name it there
{{- end }}
{{- if and $o.enabled $o.environment }}
{{- $found := false }}
{{- range $c.environments }}
{{- if eq (trimSuffix "/" .path) (trimSuffix "/" $o.environment) }}
{{- $found = true }}
{{- if or (dig "cluster" "observer" "" .) (dig "cluster" "observationFile" "" .) }}
- the environment {{ .path | quote }} of bot.config says itself what observes its cluster: remove that, or leave observer.environment empty
{{- end }}
{{- end }}
{{- end }}
{{- if not $found }}
- observer.environment is {{ $o.environment | quote }}, which is the path of none of bot.config.environments
{{- end }}
{{- end }}
{{- if $b.expose.host }}
{{- if not $c.webhooks }}
- bot.expose.host is given, but bot.config has no webhooks to receive
{{- end }}
{{- if not .Values.istio.enabled }}
- bot.expose.host needs istio.enabled: the route is a VirtualService
{{- end }}
{{- end }}
{{- end }}
{{- end }}
