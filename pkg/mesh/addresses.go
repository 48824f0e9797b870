package mesh

import "github.com/linnet-bot/linnet/pkg/checks"

// IstiodAddresses are the IPs of the istiod pods; "" = it has none yet. Like an observation it is only worth something while lists are up to date, so observe first.
func (c *Cluster) IstiodAddresses() map[checks.NamespacedName]string {
	all := map[checks.NamespacedName]string{}
	c.pods.store.read(func(pods []kept[pod]) {
		for i := range pods {
			if p := &pods[i].value; p.istiod != nil {
				all[checks.NamespacedName{Namespace: pods[i].namespace, Name: pods[i].name}] = p.istiod.address
			}
		}
	})
	return all
}

// MeshRoots are the root certificates, as PEM, that the proxies of a namespace trust: those of an istiod's own namespace are the right ones to ask it with. nil = there
// are none.
func (c *Cluster) MeshRoots(namespace string) []byte {
	r, _ := c.roots.store.get(key{namespace, rootConfigMap})
	if r.bundle == "" {
		return nil
	}
	return []byte(r.bundle)
}
