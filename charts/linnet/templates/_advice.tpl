{{/* What works with these values, and is weaker than it could be: one line each. */}}
{{- define "linnet.advice" -}}
{{- $o := .Values.observer }}
{{- $b := .Values.bot }}
{{- $c := $b.config }}
{{- if $o.enabled }}
{{- if ne $o.namespace "istio-system" }}
* The observer runs in {{ $o.namespace }}. Unless istiod is there, too, newer istiods hide most proxies from it, and no gate gets green.
{{- end }}
{{- if not $o.tls.secretName }}
* The observer speaks plain HTTP: who can listen in the cluster's network reads its tokens, each good for an hour and for the observation only. Set observer.tls.
{{- end }}
{{- if and .Values.networkPolicies.enabled (not $b.enabled) (not $o.expose.host) (not .Values.networkPolicies.observerFrom) }}
* Nothing can connect to the observer: say who may in networkPolicies.observerFrom, or set observer.expose.host.
{{- end }}
{{- if and $b.enabled (not $o.environment) }}
* No environment of bot.config looks at this observer: set observer.environment to the path of the one whose cluster this is.
{{- end }}
{{- end }}
{{- if $b.enabled }}
{{- range (include "linnet.config" . | fromYaml).environments }}
{{- if not (or (dig "cluster" "observer" "" .) (dig "cluster" "observationFile" "" .)) }}
* Nothing observes the cluster of the environment {{ .path | quote }}: merge requests are opened for it, and no gate gets green.
{{- end }}
{{- end }}
{{- if not $c.stateKeyFile }}
* bot.config.stateKeyFile is missing: soaks begin anew whenever the bot starts, and the history is not sealed.
{{- end }}
{{- if not $c.webhooks }}
* bot.config has no webhooks: the bot looks by the clock only, each {{ $c.interval | default "30s" }}. That is enough, and slower to answer.
{{- else if and .Values.networkPolicies.enabled (not $b.expose.host) (not .Values.networkPolicies.webhooksFrom) }}
* No webhook can arrive: set bot.expose.host, or say who may send them in networkPolicies.webhooksFrom.
{{- end }}
{{- if not $b.persistence.enabled }}
* bot.persistence is off: history and audit log end with the pod.
{{- end }}
{{- if and .Values.networkPolicies.enabled (has "0.0.0.0/0" .Values.networkPolicies.forge.cidrs) }}
* The bot may reach every address at the ports of networkPolicies.forge: narrow its cidrs to the forge and the git servers.
{{- end }}
{{- end }}
{{- if and $o.enabled .Values.networkPolicies.enabled (eq .Values.networkPolicies.controlPlaneCidr "0.0.0.0/0") }}
* The observer may reach every address at the ports of the API server: narrow networkPolicies.controlPlaneCidr.
{{- end }}
{{- end }}

{{/* Names of the files that the configuration takes from bot.secretNames, one a line. */}}
{{- define "linnet.files" -}}
{{- $c := .Values.bot.config }}
{{- $files := list }}
{{- range $at := list (list "forge" "tokenFile") (list "forge" "caFile") (list "forge" "clientCertFile") (list "forge" "clientKeyFile") (list "webhooks" "secretFile") (list "webhooks" "signingTokenFile") (list "releases" "caFile") (list "releases" "clientCertFile") (list "releases" "clientKeyFile") (list "releases" "credentialsFile") }}
{{- with dig (index $at 0) (index $at 1) "" $c }}{{ $files = append $files . }}{{ end }}
{{- end }}
{{- with dig "forge" "app" "privateKeyFile" "" $c }}{{ $files = append $files . }}{{ end }}
{{- with $c.stateKeyFile }}{{ $files = append $files . }}{{ end }}
{{- range $package := dig "packages" "git" dict $c }}
{{- range $key := list "caFile" "clientCertFile" "clientKeyFile" "credentialsFile" }}
{{- with get $package $key }}{{ $files = append $files . }}{{ end }}
{{- end }}
{{- end }}
{{- range $environment := $c.environments }}
{{- range $key := list "tokenFile" "caFile" }}
{{- with dig "cluster" "observer" $key "" $environment }}{{ $files = append $files . }}{{ end }}
{{- end }}
{{- end }}
{{- range $files | uniq }}
{{- if not (or (contains "/" .) (eq . "observer-token")) }}
{{ . }}
{{- end }}
{{- end }}
{{- end }}
