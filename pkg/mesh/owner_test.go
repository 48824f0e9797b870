package mesh

import (
	"sync"
	"testing"
)

// An operator's Deployment may own Deployments. Looking up the chain while the list changes must not wait for itself.
func TestOwnersOfTheSameKindWhileTheListChanges(t *testing.T) {
	a := newAPI(t)
	a.put(deployments, "metadata: {namespace: shop, name: a, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: operator, uid: o, controller: true}]}")
	a.put(deployments, "metadata: {namespace: shop, name: operator}")
	a.put("/apis/batch/v1/cronjobs", "metadata: {namespace: shop, name: a, ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: operator, uid: o, controller: true}]}")
	c := follow(t, a)
	observe(t, c)
	deployment, _ := c.deployments.store.get(key{"shop", "a"})
	cronJob, _ := c.cronJobs.store.get(key{"shop", "a"})
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				c.deployments.store.put(key{"shop", "a"}, deployment)
				c.cronJobs.store.put(key{"shop", "a"}, cronJob)
			}
		}
	})
	for range 2000 {
		o := observe(t, c)
		if n := len(o.Workloads[0].Owners); n != 1 {
			t.Fatalf("got %d owners, want the operator", n)
		}
	}
	close(stop)
	wg.Wait()
}
