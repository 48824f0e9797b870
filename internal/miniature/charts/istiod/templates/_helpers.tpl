{{- /* "-1-29-0" for a revision, nothing for the unrevisioned control plane. */ -}}
{{- define "suffix" -}}
{{- with .Values.upstream.revision }}-{{ . }}{{ end -}}
{{- end -}}

{{- define "revision" -}}
{{- default "default" .Values.upstream.revision -}}
{{- end -}}

{{- define "labels" -}}
istio.io/rev: {{ include "revision" . | quote }}
app.kubernetes.io/name: istiod
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: istio
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "injector" -}}
clientConfig:
  service:
    name: {{ .service }}
    namespace: {{ .root.Release.Namespace }}
    path: /inject
    port: 443
sideEffects: None
rules:
  - operations: [CREATE]
    apiGroups: [""]
    apiVersions: [v1]
    resources: [pods]
failurePolicy: Fail
reinvocationPolicy: Never
admissionReviewVersions: [v1]
{{- end -}}

{{- /* The two webhooks that every revision and every tag has. Arguments: root, service, revision. */ -}}
{{- define "revision.webhooks" -}}
- name: rev.namespace.sidecar-injector.istio.io
  {{- include "injector" . | nindent 2 }}
  namespaceSelector:
    matchExpressions:
      - {key: istio.io/rev, operator: In, values: [{{ .revision | quote }}]}
      - {key: istio-injection, operator: DoesNotExist}
  objectSelector:
    matchExpressions:
      - {key: sidecar.istio.io/inject, operator: NotIn, values: ["false"]}
- name: rev.object.sidecar-injector.istio.io
  {{- include "injector" . | nindent 2 }}
  namespaceSelector:
    matchExpressions:
      - {key: istio.io/rev, operator: DoesNotExist}
      - {key: istio-injection, operator: DoesNotExist}
  objectSelector:
    matchExpressions:
      - {key: sidecar.istio.io/inject, operator: NotIn, values: ["false"]}
      - {key: istio.io/rev, operator: In, values: [{{ .revision | quote }}]}
{{- end -}}

{{- /* The two more that only the default one has. */ -}}
{{- define "default.webhooks" -}}
- name: namespace.sidecar-injector.istio.io
  {{- include "injector" . | nindent 2 }}
  namespaceSelector:
    matchExpressions:
      - {key: istio-injection, operator: In, values: [enabled]}
  objectSelector:
    matchExpressions:
      - {key: sidecar.istio.io/inject, operator: NotIn, values: ["false"]}
- name: object.sidecar-injector.istio.io
  {{- include "injector" . | nindent 2 }}
  namespaceSelector:
    matchExpressions:
      - {key: istio-injection, operator: DoesNotExist}
      - {key: istio.io/rev, operator: DoesNotExist}
  objectSelector:
    matchExpressions:
      - {key: sidecar.istio.io/inject, operator: In, values: ["true"]}
      - {key: istio.io/rev, operator: DoesNotExist}
{{- end -}}
