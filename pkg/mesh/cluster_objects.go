package mesh

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func namespaceOf(n *corev1.Namespace) checks.Namespace {
	return checks.Namespace{
		Name: n.Name, Labels: interned(n.Labels), Deleting: n.DeletionTimestamp != nil || n.Status.Phase == corev1.NamespaceTerminating,
	}
}

func nodeOf(n *corev1.Node) checks.Node {
	return checks.Node{Name: n.Name, KubeletVersion: n.Status.NodeInfo.KubeletVersion}
}
