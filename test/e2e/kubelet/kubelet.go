// Package kubelet plays the kubelets of a cluster's nodes.
//
// What the real controllers and the real scheduler wait for is done as a kubelet does it: a pod that is bound gets an address and runs, its readiness is reported, an image that
// cannot be pulled is said to be waited for, and a pod that is deleted ends before it is gone. What a pod really does is up to a Runtime: an istiod pod runs an istiod.
package kubelet

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// Unpullable in an image's name makes it one that no registry has.
const Unpullable = "no-such-image"

// Report tells how a pod is.
type Report struct {
	Ready    bool
	Restarts int32
}

// Runtime runs what is in a pod until the context ends, and reports how it is; nil from For means that there is nothing to run.
type Runtime interface {
	For(pod *corev1.Pod) func(ctx context.Context, pod *corev1.Pod, report func(Report))
}

// Kubelet runs the pods of all nodes.
type Kubelet struct {
	client  kubernetes.Interface
	runtime Runtime
	queue   workqueue.TypedRateLimitingInterface[types.NamespacedName]
	pods    cache.SharedIndexInformer

	mu      sync.Mutex
	running map[types.UID]*run
	next    uint32 // address
}

// run is a pod that runs.
type run struct {
	stop    context.CancelFunc
	ended   chan struct{}
	address string
	last    Report
	started metav1.Time
}

// New makes one that runs nothing yet.
func New(client kubernetes.Interface, runtime Runtime) *Kubelet {
	return &Kubelet{
		client: client, runtime: runtime, running: map[types.UID]*run{},
		queue: workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[types.NamespacedName](20*time.Millisecond, 2*time.Second)),
		next:  (128 + rand.Uint32N(100)) << 16, // two runs on one machine should not meet
	}
}

// Run runs pods until the context ends, and whatever they run.
func (k *Kubelet) Run(ctx context.Context) {
	factory := informers.NewSharedInformerFactory(k.client, 0)
	k.pods = factory.Core().V1().Pods().Informer()
	add := func(o any) {
		if unknown, ok := o.(cache.DeletedFinalStateUnknown); ok {
			o = unknown.Obj
		}
		if p, ok := o.(*corev1.Pod); ok && p.Spec.NodeName != "" {
			k.queue.Add(types.NamespacedName{Namespace: p.Namespace, Name: p.Name})
			if p.DeletionTimestamp != nil {
				k.stop(p.UID) // even where the object has been replaced by now
			}
		}
	}
	_, _ = k.pods.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: add, UpdateFunc: func(_, o any) { add(o) },
		DeleteFunc: func(o any) {
			if unknown, ok := o.(cache.DeletedFinalStateUnknown); ok {
				o = unknown.Obj
			}
			if p, ok := o.(*corev1.Pod); ok {
				k.forget(p.UID)
			}
		},
	})
	factory.StartWithContext(ctx)
	cache.WaitForCacheSync(ctx.Done(), k.pods.HasSynced)
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			for k.one(ctx) {
			}
		})
	}
	<-ctx.Done()
	k.queue.ShutDown()
	workers.Wait()
	factory.Shutdown()
	k.mu.Lock()
	left := make([]*run, 0, len(k.running))
	for _, r := range k.running {
		r.stop()
		left = append(left, r)
	}
	k.mu.Unlock()
	for _, r := range left {
		<-r.ended
	}
}

func (k *Kubelet) one(ctx context.Context) bool {
	name, down := k.queue.Get()
	if down {
		return false
	}
	defer k.queue.Done(name)
	if err := k.sync(ctx, name); err != nil && !apierrors.IsNotFound(err) {
		k.queue.AddRateLimited(name)
	} else {
		k.queue.Forget(name)
	}
	return true
}

func (k *Kubelet) sync(ctx context.Context, name types.NamespacedName) error {
	found, there, err := k.pods.GetStore().GetByKey(name.String())
	if err != nil || !there {
		return err
	}
	pod := found.(*corev1.Pod)
	switch {
	case pod.Spec.NodeName == "":
		return nil
	case pod.DeletionTimestamp != nil:
		return k.remove(ctx, pod)
	case pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed:
		k.forget(pod.UID)
		return nil
	case pulled(pod) != "":
		return k.patch(ctx, pod, waiting(pod))
	}
	r := k.start(pod)
	k.mu.Lock()
	last := r.last
	k.mu.Unlock()
	wanted := status(pod, r, last)
	if same(pod, wanted) {
		return nil
	}
	return k.patch(ctx, pod, wanted)
}

// start starts what is in a pod, once.
func (k *Kubelet) start(pod *corev1.Pod) *run {
	k.mu.Lock()
	defer k.mu.Unlock()
	if r := k.running[pod.UID]; r != nil {
		return r
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &run{stop: cancel, ended: make(chan struct{}), started: metav1.Now()}
	k.running[pod.UID] = r
	r.address = pod.Status.PodIP
	if r.address == "" {
		k.next++
		if k.next&0xff == 0 || k.next&0xff == 0xff {
			k.next += 2
		}
		r.address = fmt.Sprintf("10.%d.%d.%d", k.next>>16&0xff, k.next>>8&0xff, k.next&0xff)
	}
	does := k.runtime.For(pod)
	if does == nil {
		r.last.Ready = true
		close(r.ended)
		return r
	}
	pod = pod.DeepCopy()
	pod.Status.PodIP = r.address
	name := types.NamespacedName{Namespace: pod.Namespace, Name: pod.Name}
	go func() {
		defer close(r.ended)
		does(ctx, pod, func(now Report) {
			k.mu.Lock()
			defer k.mu.Unlock()
			if r.last != now {
				r.last = now
				k.queue.Add(name)
			}
		})
	}()
	return r
}

func (k *Kubelet) stop(uid types.UID) *run {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.running[uid]
	if r != nil {
		r.stop()
	}
	return r
}

func (k *Kubelet) forget(uid types.UID) {
	if k.stop(uid) != nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.running, uid)
	}
}

// remove ends a pod that is to be deleted, and says that it is gone. A finalizer keeps its object.
func (k *Kubelet) remove(ctx context.Context, pod *corev1.Pod) error {
	if r := k.stop(pod.UID); r != nil {
		select {
		case <-r.ended:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if pod.DeletionGracePeriodSeconds != nil && *pod.DeletionGracePeriodSeconds == 0 {
		return nil // it only waits for its finalizers
	}
	now := int64(0)
	return k.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: &now, Preconditions: &metav1.Preconditions{UID: &pod.UID}})
}

func (k *Kubelet) patch(ctx context.Context, pod *corev1.Pod, s corev1.PodStatus) error {
	if same(pod, s) {
		return nil
	}
	// The conditions of others, such as PodScheduled, are kept by a strategic merge.
	body, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": pod.UID}, "status": s})
	if err != nil {
		return err
	}
	_, err = k.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, body, metav1.PatchOptions{}, "status")
	return err
}

// pulled names an image that cannot be.
func pulled(pod *corev1.Pod) string {
	for _, c := range pod.Spec.Containers {
		if strings.Contains(c.Image, Unpullable) {
			return c.Image
		}
	}
	return ""
}
