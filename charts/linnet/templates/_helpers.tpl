{{/* Name of the release's objects: the release's name, with linnet in it. */}}
{{- define "linnet.name" -}}
{{- if contains "linnet" .Release.Name -}}{{ .Release.Name | trunc 48 | trimSuffix "-" }}{{- else -}}{{ printf "%s-linnet" (.Release.Name | trunc 41 | trimSuffix "-") }}{{- end -}}
{{- end }}

{{- define "linnet.observer.name" -}}{{ include "linnet.name" . }}-observer{{- end }}
{{- define "linnet.bot.name" -}}{{ include "linnet.name" . }}-bot{{- end }}

{{/* Labels by which pods are selected; of a list of the root and the component. */}}
{{- define "linnet.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: linnet
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Labels of each object. */}}
{{- define "linnet.labels" -}}
{{- $root := index . 0 -}}
{{ include "linnet.selector" . }}
app.kubernetes.io/version: {{ include "linnet.tag" $root | trunc 63 | trimAll "-_." | quote }}
app.kubernetes.io/part-of: linnet
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name ($root.Chart.Version | replace "+" "_") }}
{{- end }}

{{- define "linnet.tag" -}}{{ .Values.image.tag | default .Chart.AppVersion }}{{- end }}

{{/* Policies want a tag also where a digest decides. */}}
{{- define "linnet.image" -}}
{{ .Values.image.repository }}:{{ include "linnet.tag" . }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* What pods of both workloads have in common. No token is mounted unasked, also where an account would have it. */}}
{{- define "linnet.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65534
  runAsGroup: 65534
  fsGroup: 65534
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{/* Where pods run; of the values of one workload. */}}
{{- define "linnet.nodes" -}}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "linnet.container" -}}
image: {{ include "linnet.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
  privileged: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  runAsUser: 65534
  runAsGroup: 65534
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "linnet.observer.scheme" -}}{{ ternary "https" "http" (ne .Values.observer.tls.secretName "") }}{{- end }}

{{- define "linnet.observer.url" -}}
{{ include "linnet.observer.scheme" . }}://{{ include "linnet.observer.name" . }}.{{ .Values.observer.namespace }}.svc:8443
{{- end }}

{{/* NetworkPolicy peers for a CIDR: all addresses are all but that of the cloud's metadata. */}}
{{- define "linnet.block" -}}
- ipBlock:
    cidr: {{ . }}
    {{- if eq . "0.0.0.0/0" }}
    except: [169.254.169.254/32]
    {{- end }}
{{- end }}

{{- define "linnet.ports" -}}
ports:
  {{- range . }}
  - port: {{ . }}
    protocol: TCP
  {{- end }}
{{- end }}

{{/* Egress to the cluster's DNS. */}}
{{- define "linnet.dns" -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ .namespace }}
      podSelector:
        matchLabels:
          {{- toYaml .podLabels | nindent 10 }}
  ports:
    {{- range .ports }}
    - port: {{ . }}
      protocol: UDP
    - port: {{ . }}
      protocol: TCP
    {{- end }}
{{- end }}

{{/* NetworkPolicy peers for the pods of gateways, NAMESPACE/NAME each, by the labels that Big Bang's have. */}}
{{- define "linnet.gateways" -}}
{{- range . }}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ index (splitList "/" .) 0 }}
  podSelector:
    matchLabels:
      app.kubernetes.io/name: {{ index (splitList "/" .) 1 }}
      istio: ingressgateway
{{- end }}
{{- end }}
