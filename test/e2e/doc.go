// Package e2e holds Linnet's observer and gates against real parts: a real API server with etcd, controllers and scheduler, and real istiods under two revisions, whose
// injection webhooks that API server really calls. The kubelet is played, and so are the proxies, which speak real xDS to those istiods.
package e2e
