package render

// clusterScoped are the kinds that have no namespace: Kubernetes' own, and those of the operators that a Big Bang install brings. A CRD in the same
// render tells for its own kind.
var clusterScoped = map[[2]string]bool{
	{"", "Namespace"}: true, {"", "Node"}: true, {"", "PersistentVolume"}: true,
	{"admissionregistration.k8s.io", "MutatingWebhookConfiguration"}:     true,
	{"admissionregistration.k8s.io", "ValidatingWebhookConfiguration"}:   true,
	{"admissionregistration.k8s.io", "ValidatingAdmissionPolicy"}:        true,
	{"admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"}: true,
	{"admissionregistration.k8s.io", "MutatingAdmissionPolicy"}:          true,
	{"admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"}:   true,
	{"apiextensions.k8s.io", "CustomResourceDefinition"}:                 true,
	{"apiregistration.k8s.io", "APIService"}:                             true,
	{"certificates.k8s.io", "CertificateSigningRequest"}:                 true,
	{"certificates.k8s.io", "ClusterTrustBundle"}:                        true,
	{"flowcontrol.apiserver.k8s.io", "FlowSchema"}:                       true,
	{"flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"}:       true,
	{"networking.k8s.io", "IngressClass"}:                                true,
	{"networking.k8s.io", "IPAddress"}:                                   true,
	{"networking.k8s.io", "ServiceCIDR"}:                                 true,
	{"node.k8s.io", "RuntimeClass"}:                                      true,
	{"policy", "PodSecurityPolicy"}:                                      true,
	{"rbac.authorization.k8s.io", "ClusterRole"}:                         true,
	{"rbac.authorization.k8s.io", "ClusterRoleBinding"}:                  true,
	{"resource.k8s.io", "DeviceClass"}:                                   true,
	{"resource.k8s.io", "ResourceSlice"}:                                 true,
	{"scheduling.k8s.io", "PriorityClass"}:                               true,
	{"storage.k8s.io", "CSIDriver"}:                                      true,
	{"storage.k8s.io", "CSINode"}:                                        true,
	{"storage.k8s.io", "StorageClass"}:                                   true,
	{"storage.k8s.io", "VolumeAttachment"}:                               true,
	{"storage.k8s.io", "VolumeAttributesClass"}:                          true,

	{"cert-manager.io", "ClusterIssuer"}:               true,
	{"external-secrets.io", "ClusterExternalSecret"}:   true,
	{"external-secrets.io", "ClusterSecretStore"}:      true,
	{"gateway.networking.k8s.io", "GatewayClass"}:      true,
	{"kyverno.io", "ClusterCleanupPolicy"}:             true,
	{"kyverno.io", "ClusterPolicy"}:                    true,
	{"kyverno.io", "GlobalContextEntry"}:               true,
	{"snapshot.storage.k8s.io", "VolumeSnapshotClass"}: true,
	{"templates.gatekeeper.sh", "ConstraintTemplate"}:  true,
}

// gatekeeperConstraints is the group whose kinds, made by templates, are all cluster-scoped.
const gatekeeperConstraints = "constraints.gatekeeper.sh"

// inNamespace returns the objects with the namespace filled in where a namespaced kind names none. It changes objs.
func inNamespace(objs Objects, namespace string, crds ...Objects) Objects {
	scope := map[[2]string]bool{}
	for _, set := range append(crds, objs) {
		for _, crd := range set.Kind("CustomResourceDefinition") {
			scope[[2]string{crd.text("spec", "group"), crd.text("spec", "names", "kind")}] = crd.text("spec", "scope") == "Cluster"
		}
	}
	for _, o := range objs {
		id := o.ID()
		cluster, known := scope[[2]string{id.Group, id.Kind}]
		if !known {
			cluster = clusterScoped[[2]string{id.Group, id.Kind}] || id.Group == gatekeeperConstraints
		}
		if cluster || id.Namespace != "" {
			continue
		}
		if meta, ok := o["metadata"].(map[string]any); ok {
			meta["namespace"] = namespace
		}
	}
	return objs
}
