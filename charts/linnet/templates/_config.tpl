{{/*
The configuration file of the bot: bot.config, and what only the chart knows. Volumes and ports are the chart's, so it says where they are.
*/}}
{{- define "linnet.config" -}}
{{- $config := deepCopy .Values.bot.config }}
{{- if $config.webhooks }}
  {{- $_ := set $config.webhooks "listen" ":8080" }}
{{- end }}
{{- $store := $config.store | default dict }}
{{- if not $store.path }}
  {{- $_ := set $store "path" "/var/lib/linnet/history.db" }}
{{- end }}
{{- $_ := set $config "store" $store }}
{{- $releases := $config.releases | default dict }}
{{- if not $releases.cacheDir }}
  {{- $_ := set $releases "cacheDir" "/var/lib/linnet/releases" }}
{{- end }}
{{- $_ := set $config "releases" $releases }}
{{- if and .Values.observer.enabled .Values.observer.environment }}
  {{- $observer := dict "url" (include "linnet.observer.url" .) "tokenFile" "observer-token" }}
  {{- if .Values.observer.tls.ca }}
    {{- $_ := set $observer "caFile" "observer-ca.pem" }}
  {{- end }}
  {{- range $config.environments }}
    {{- if eq (trimSuffix "/" .path) (trimSuffix "/" $.Values.observer.environment) }}
      {{- $_ := set . "cluster" (mergeOverwrite (.cluster | default dict) (dict "observer" $observer)) }}
    {{- end }}
  {{- end }}
{{- end }}
{{- toYaml $config }}
{{- end }}

{{/* Not empty where the configuration uses the token that the chart projects. */}}
{{- define "linnet.config.token" -}}
{{- range (include "linnet.config" . | fromYaml).environments }}
{{- if eq (dig "cluster" "observer" "tokenFile" "" .) "observer-token" }}yes{{ end }}
{{- end }}
{{- end }}
