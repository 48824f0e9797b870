package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/test/e2e/binaries"
	"github.com/linnet-bot/linnet/test/e2e/cluster"
	"github.com/linnet-bot/linnet/test/e2e/istiod"
	"github.com/linnet-bot/linnet/test/e2e/kubelet"
	"github.com/linnet-bot/linnet/test/e2e/process"
	"github.com/linnet-bot/linnet/test/e2e/proxies"
)

// The control planes of an upgrade, see package binaries.
var (
	old    = checks.ControlPlane{Revision: "default", Version: binaries.OldIstio}
	canary = checks.ControlPlane{Revision: "1-31-0", Version: binaries.NewIstio}
	home   = checks.ControlPlane{Revision: "default", Version: binaries.NewIstio}
)

const node = "node-1"

// world is a cluster with the built-in istiod.
type world struct {
	*cluster.Cluster
	binaries binaries.Set
	applier  *istiod.Applier
	istiods  *istiod.Runtime
	fleet    *proxies.Fleet
	canary   []*unstructured.Unstructured // manifest

	cancel  context.CancelFunc
	running sync.WaitGroup
}

// runtimes run a pod by the first that wants to.
type runtimes []kubelet.Runtime

func (r runtimes) For(pod *corev1.Pod) func(context.Context, *corev1.Pod, func(kubelet.Report)) {
	for _, one := range r {
		if run := one.For(pod); run != nil {
			return run
		}
	}
	return nil
}

func startWorld(ctx context.Context, set binaries.Set, dir string) (_ *world, err error) {
	w := &world{binaries: set, cancel: func() {}}
	if w.Cluster, err = cluster.Start(ctx, set, dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.stop()
		}
	}()
	inner, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	w.istiods, w.fleet = istiod.NewRuntime(w.Cluster, set.Istiod), proxies.NewFleet(w.Client)
	nodes := kubelet.New(w.Client, runtimes{w.istiods, w.fleet})
	w.running.Go(func() { w.fleet.Run(inner) })
	w.running.Go(func() { nodes.Run(inner) })
	if err := kubelet.AddNode(ctx, w.Client, node, binaries.Kubernetes); err != nil {
		return nil, err
	}
	if w.applier, err = istiod.NewApplier(w.Admin); err != nil {
		return nil, err
	}
	if _, err := w.Client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: istiod.Namespace}}, metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	builtIn, err := istiod.Manifest(ctx, set, "", old.Version)
	if err != nil {
		return nil, err
	}
	if w.canary, err = istiod.Manifest(ctx, set, canary.Revision, canary.Version, "components.pilot.k8s.replicaCount=2"); err != nil {
		return nil, err
	}
	text, err := os.ReadFile("testdata/flux.yaml")
	if err != nil {
		return nil, err
	}
	flux, err := istiod.Read(text)
	if err != nil {
		return nil, err
	}
	if err := w.applier.Apply(ctx, append(builtIn, flux...)...); err != nil {
		return nil, err
	}
	return w, w.awaitIstiod(ctx, "istiod", "istio-sidecar-injector")
}

// awaitIstiod waits until all pods of an istiod are ready and its injector can be called.
func (w *world) awaitIstiod(ctx context.Context, deployment, injector string) error {
	err := w.awaitRollout(ctx, istiod.Namespace, deployment)
	if err != nil {
		why := []error{err}
		for _, pod := range w.istiods.Pods(deployment) {
			if p := w.istiods.Process(pod); p != nil {
				why = append(why, errors.New(pod+":\n"+p.Tail()))
			}
		}
		return errors.Join(why...)
	}
	return process.Await(ctx, 30*time.Second, injector+" has a CA bundle", nil, func(ctx context.Context) error {
		hook, err := w.Client.AdmissionregistrationV1().MutatingWebhookConfigurations().Get(ctx, injector, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, h := range hook.Webhooks {
			if len(h.ClientConfig.CABundle) == 0 {
				return errors.New(h.Name + " has none")
			}
		}
		return nil
	})
}

// awaitRollout waits as kubectl rollout status does.
func (w *world) awaitRollout(ctx context.Context, namespace, deployment string) error {
	return process.Await(ctx, time.Minute, "deployment "+namespace+"/"+deployment+" is rolled out", nil, func(ctx context.Context) error {
		d, err := w.Client.AppsV1().Deployments(namespace).Get(ctx, deployment, metav1.GetOptions{})
		if err != nil {
			return err
		}
		s := d.Status
		if s.ObservedGeneration < d.Generation || s.UpdatedReplicas < *d.Spec.Replicas || s.Replicas > s.UpdatedReplicas || s.AvailableReplicas < s.UpdatedReplicas {
			return fmt.Errorf("%d of %d updated, %d available, %d in all", s.UpdatedReplicas, *d.Spec.Replicas, s.AvailableReplicas, s.Replicas)
		}
		return nil
	})
}

func (w *world) stop() {
	w.cancel()
	w.running.Wait()
	w.Stop()
}

// installCanary installs the second istiod for as long as a test lasts.
func (w *world) installCanary(t *testing.T) {
	t.Helper()
	if err := w.applier.Apply(t.Context(), w.canary...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.removeCanary(t) })
	if err := w.awaitIstiod(t.Context(), "istiod-"+canary.Revision, "istio-sidecar-injector-"+canary.Revision); err != nil {
		t.Fatal(err)
	}
}

func (w *world) removeCanary(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := w.applier.Delete(ctx, w.canary...); err != nil {
		t.Error(err)
	}
	w.await(ctx, t, "the canary is gone", func(ctx context.Context) error {
		return none(ctx, w.Client, istiod.Namespace, "istiod-"+canary.Revision)
	})
}

// none wants no pod whose name begins so.
func none(ctx context.Context, client kubernetes.Interface, namespace, prefix string) error {
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, p := range pods.Items {
		if strings.HasPrefix(p.Name, prefix) {
			return errors.New(p.Namespace + "/" + p.Name + " is there")
		}
	}
	return nil
}

// await fails the test where something does not come about within a minute.
func (w *world) await(ctx context.Context, t *testing.T, what string, is func(context.Context) error) {
	t.Helper()
	if err := process.Await(ctx, time.Minute, what, nil, is); err != nil {
		t.Fatal(err)
	}
}

// terminated wants no pod of a Deployment of istiod's that is being deleted.
func terminated(ctx context.Context, w *world, prefix string) error {
	pods, err := w.Client.CoreV1().Pods(istiod.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, p := range pods.Items {
		if strings.HasPrefix(p.Name, prefix) && p.DeletionTimestamp != nil {
			return errors.New(p.Name + " is terminating")
		}
	}
	return nil
}
