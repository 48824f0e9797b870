{{- define "bigbang.defaults.gateways" -}}
public:
  upstream:
    labels:
      istio: ingressgateway
  gateway:
    servers:
      - hosts: ["*.{{ .Values.domain }}"]
        port: {name: https, number: 8443, protocol: HTTPS}
        tls: {credentialName: public-cert, mode: SIMPLE}
passthrough:
  upstream:
    labels:
      istio: ingressgateway
  gateway:
    servers:
      - hosts: ["*.{{ .Values.domain }}"]
        port: {name: https, number: 8443, protocol: HTTPS}
        tls: {mode: PASSTHROUGH}
{{- end -}}

{{- /* Every gateway that is on, by name: {service, defaults, overlays}. */ -}}
{{- define "gateways" -}}
{{- $defaults := include "bigbang.defaults.gateways" . | fromYaml -}}
{{- $own := default dict .Values.istioGateway.values.gateways -}}
{{- range $name := concat (keys $defaults) (keys $own) | uniq | sortAlpha }}
{{- $overlays := get $own $name }}
{{- if not (and (hasKey $own $name) (not $overlays)) }}
{{- $default := default dict (get $defaults $name) }}
{{- $overlays = default dict $overlays }}
{{- $all := mustMergeOverwrite (deepCopy $default) (deepCopy $overlays) }}
{{- $type := dig "upstream" "labels" "istio" "ingressgateway" $all }}
{{ $name }}:
  service: {{ printf "%s-%s" $name $type }}
  defaults: {{ toJson (mustMergeOverwrite (deepCopy $default) (dict "upstream" (dict "imagePullPolicy" $.Values.imagePullPolicy))) }}
  overlays: {{ toJson (omit $overlays "gatewayCerts") }}
{{- end }}
{{- end }}
{{- end -}}
