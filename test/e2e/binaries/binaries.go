// Package binaries finds or builds the real programs that the end-to-end tests run.
//
// kube-apiserver, kube-controller-manager and kube-scheduler come from the module in ../kubernetes, istiod and istioctl from the one in ../istio. Each has a go.mod of its
// own, since what they depend on clashes, and what is built is kept in ../bin under the hash of its go.sum: a changed version is built anew, an unchanged one never.
// etcd is Debian's.
//
// There is one source of Istio to be had, a snapshot of 1.31-dev. Both istiods are linked from it, with two version strings; what differs between releases of Istio is
// not proven by running the two against each other.
package binaries

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
)

// The versions that are built. OldIstio and NewIstio are names for one and the same source.
const (
	Kubernetes = "v1.36.3"
	OldIstio   = "1.30.3"
	NewIstio   = "1.31.0"
	// Snapshot says of every result what it was obtained with.
	Snapshot = "1.31-dev source, run under two revision names"
)

// Set are the paths of the programs.
type Set struct {
	Etcd, APIServer, ControllerManager, Scheduler, Istioctl string
	// Istiod by the version that it says it is.
	Istiod map[string]string
}

// ErrNoEtcd is why nothing can be run.
var ErrNoEtcd = errors.New("etcd is not installed: apt-get install etcd-server")

// Build gives all programs, and builds those that are not there, which takes minutes. Progress goes to say.
func Build(say func(string)) (Set, error) {
	etcd, err := exec.LookPath("etcd")
	if err != nil {
		return Set{}, ErrNoEtcd
	}
	root, err := folder()
	if err != nil {
		return Set{}, err
	}
	unlock, err := lock(filepath.Join(root, "bin"))
	if err != nil {
		return Set{}, err
	}
	defer unlock()
	s := Set{Etcd: etcd, Istiod: map[string]string{}}
	b := builder{root: root, say: say}
	component := "-s -w -X k8s.io/component-base/version.gitVersion=" + Kubernetes + " -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36"
	s.APIServer = b.build("kubernetes", "kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver", component)
	s.ControllerManager = b.build("kubernetes", "kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager", component)
	s.Scheduler = b.build("kubernetes", "kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler", component)
	for _, version := range []string{OldIstio, NewIstio} {
		s.Istiod[version] = b.build("istio", "pilot-discovery-"+version, "istio.io/istio/pilot/cmd/pilot-discovery", named(version))
	}
	s.Istioctl = b.build("istio", "istioctl", "istio.io/istio/istioctl/cmd/istioctl", named(NewIstio))
	return s, b.err
}

func named(version string) string {
	return "-s -w -X istio.io/istio/pkg/version.buildVersion=" + version
}

// folder is test/e2e, wherever the repository is.
func folder() (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if root := filepath.Dir(filepath.Dir(file)); ok && filepath.IsAbs(root) {
		return root, nil
	}
	// Built with -trimpath; tests run in the folder of their package.
	at, err := os.Getwd()
	for ; err == nil; at = filepath.Dir(at) {
		if _, missing := os.Stat(filepath.Join(at, "kubernetes", "tools.go")); missing == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", errors.New("find test/e2e: run this in the repository")
		}
	}
	return "", err
}

// lock keeps two runs from building the same.
func lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { f.Close() }, nil
}

// builder keeps the first error.
type builder struct {
	root string
	say  func(string)
	err  error
}

func (b *builder) build(module, name, pkg, flags string) string {
	if b.err != nil {
		return ""
	}
	dir := filepath.Join(b.root, module)
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		b.err = err
		return ""
	}
	hash := sha256.Sum256(sum)
	out := filepath.Join(b.root, "bin", module+"-"+hex.EncodeToString(hash[:6]), name)
	if _, err := os.Stat(out); err == nil {
		return out
	}
	b.say("building " + name)
	cmd := exec.CommandContext(context.Background(), "go", "build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", out+".new", pkg)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if said, err := cmd.CombinedOutput(); err != nil {
		b.err = fmt.Errorf("build %s: %w: %s", name, err, said)
		return ""
	}
	b.err = os.Rename(out+".new", out)
	return out
}
