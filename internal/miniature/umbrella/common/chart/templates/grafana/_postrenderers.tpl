{{- define "grafana.servicePostRenderers" -}}
- kustomize:
    patches:
      - target:
          kind: Service
          name: monitoring-grafana
        patch: |
          - op: add
            path: /spec/ports/0/appProtocol
            value: http
{{- end -}}
