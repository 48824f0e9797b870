// Package istiod installs real istiods and runs one in each istiod pod.
//
// Manifests are those of Istio's charts, unchanged. When the scheduler has bound a pod of their Deployments, the played kubelet starts the program that the pod's image
// names by its version, with the environment and arguments of the pod, at the pod's address, as the pod's service account. So an istiod is rolled, scaled and replaced by the
// real controllers, and found through its Service.
package istiod

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/linnet-bot/linnet/test/e2e/cluster"
	"github.com/linnet-bot/linnet/test/e2e/kubelet"
	"github.com/linnet-bot/linnet/test/e2e/process"
)

// Runtime runs istiod pods.
type Runtime struct {
	cluster  *cluster.Cluster
	programs map[string]string // by version

	mu      sync.Mutex
	running map[string]*process.Process // by pod
	held    bool                        // nothing that has died is started again
}

// NewRuntime makes one.
func NewRuntime(c *cluster.Cluster, programs map[string]string) *Runtime {
	return &Runtime{cluster: c, programs: programs, running: map[string]*process.Process{}}
}

// For runs istiod in pods that are labelled so.
func (r *Runtime) For(pod *corev1.Pod) func(context.Context, *corev1.Pod, func(kubelet.Report)) {
	if pod.Labels["app"] != "istiod" {
		return nil
	}
	return r.run
}

// run keeps an istiod running, as a kubelet does, until the pod is taken away.
func (r *Runtime) run(ctx context.Context, pod *corev1.Pod, report func(kubelet.Report)) {
	for restarts := int32(0); ctx.Err() == nil; restarts++ {
		report(kubelet.Report{Restarts: restarts})
		p, address, err := r.start(ctx, pod)
		if err == nil {
			r.watch(ctx, p, address, func(ready bool) { report(kubelet.Report{Ready: ready, Restarts: restarts}) })
			r.mu.Lock()
			delete(r.running, pod.Name)
			r.mu.Unlock()
		} else {
			_ = os.WriteFile(filepath.Join(r.cluster.Dir, pod.Name+".error"), []byte(err.Error()), 0o600)
		}
		report(kubelet.Report{Restarts: restarts})
		for again := true; again; {
			pause(ctx, 500*time.Millisecond)
			r.mu.Lock()
			again = r.held && ctx.Err() == nil
			r.mu.Unlock()
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// watch probes an istiod until it or the context ends.
func (r *Runtime) watch(ctx context.Context, p *process.Process, address string, report func(bool)) {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	probe := time.NewTicker(100 * time.Millisecond)
	defer probe.Stop()
	failures := 0
	for {
		select {
		case <-ctx.Done():
			p.Stop()
			return
		case <-p.Ended():
			return
		case <-probe.C:
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+":8080/ready", nil)
		if err != nil {
			return
		}
		response, err := client.Do(request)
		if err == nil {
			response.Body.Close()
		}
		if err == nil && response.StatusCode == http.StatusOK {
			failures = 0
			report(true)
			probe.Reset(500 * time.Millisecond)
		} else if failures++; failures >= 3 {
			report(false)
		}
	}
}

func (r *Runtime) start(ctx context.Context, pod *corev1.Pod) (*process.Process, string, error) {
	c := pod.Spec.Containers[slices.IndexFunc(pod.Spec.Containers, func(c corev1.Container) bool { return c.Name == "discovery" })]
	version := c.Image[strings.LastIndex(c.Image, ":")+1:]
	program := r.programs[version]
	if program == "" {
		return nil, "", fmt.Errorf("there is no istiod of version %s", version)
	}
	dir := filepath.Join(r.cluster.Dir, "pods", pod.Name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, "", err
	}
	token, err := r.token(ctx, pod)
	if err != nil {
		return nil, "", err
	}
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := cluster.WriteKubeconfig(r.cluster.As(token), kubeconfig); err != nil {
		return nil, "", err
	}
	address, err := cluster.Local(pod.Status.PodIP)
	if err != nil {
		return nil, "", err
	}
	var args []string
	for _, a := range c.Args {
		if !strings.HasPrefix(a, "--monitoringAddr") {
			args = append(args, a)
		}
	}
	args = append(args, "--kubeconfig="+kubeconfig, "--httpAddr="+address+":8080", "--grpcAddr="+address+":15010", "--secureGRPCAddr="+address+":15012",
		"--httpsAddr="+address+":15017", "--monitoringAddr="+address+":15014", "--ctrlz_port=0", "--shutdownDuration=1s", "--profile=false")
	p, err := process.Start(process.Spec{Name: pod.Name, Path: program, Dir: dir, Args: args, Env: environment(pod, c)})
	if err != nil {
		return nil, "", err
	}
	r.mu.Lock()
	r.running[pod.Name] = p
	r.mu.Unlock()
	return p, address, nil
}

// token is that of the pod's own service account, bound to the pod, with the rights that the chart gave it.
func (r *Runtime) token(ctx context.Context, pod *corev1.Pod) (string, error) {
	day := int64(24 * 60 * 60)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &day, BoundObjectRef: &authenticationv1.BoundObjectReference{
		Kind: "Pod", APIVersion: "v1", Name: pod.Name, UID: pod.UID}}}
	given, err := r.cluster.Client.CoreV1().ServiceAccounts(pod.Namespace).CreateToken(ctx, pod.Spec.ServiceAccountName, request, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return given.Status.Token, nil
}

func environment(pod *corev1.Pod, c corev1.Container) []string {
	var all []string
	for _, e := range c.Env {
		value := e.Value
		if e.Name == "KUBECONFIG" || e.ValueFrom != nil && e.ValueFrom.FieldRef == nil {
			continue
		}
		if e.ValueFrom != nil {
			value = map[string]string{"metadata.name": pod.Name, "metadata.namespace": pod.Namespace, "spec.serviceAccountName": pod.Spec.ServiceAccountName}[e.ValueFrom.FieldRef.FieldPath]
		}
		all = append(all, e.Name+"="+value)
	}
	return all
}

// Pods are the names of the pods that run an istiod now, of those whose name begins so.
func (r *Runtime) Pods(prefix string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for name := range r.running {
		if strings.HasPrefix(name, prefix) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// Process is the istiod of a pod; nil = none runs.
func (r *Runtime) Process(pod string) *process.Process {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.running[pod]
}

// Signal sends a signal to the istiod of a pod: SIGSTOP makes it hang, SIGCONT lets it go on, SIGKILL ends it until the kubelet starts it again.
func (r *Runtime) Signal(pod string, s syscall.Signal) bool {
	p := r.Process(pod)
	if p != nil {
		p.Signal(s)
	}
	return p != nil
}

// Hold keeps what dies from being started again, or lets it.
func (r *Runtime) Hold(hold bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = hold
}
