{{- /* Tells the mesh the protocol of a port whose name does not. */ -}}
{{- define "tempo.portPostRenderers" -}}
- kustomize:
    patches:
      - target:
          kind: Service
          name: .*tempo.*
        patch: |
          - op: add
            path: /spec/ports/0/appProtocol
            value: http
{{- end -}}
