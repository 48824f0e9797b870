// Command ask does once what Linnet's observer does, as a process of its own, so that its time and memory can be held against istioctl's.
//
//	ask syncz   one istiod is asked who is connected
//	ask observe the whole cluster is observed, and its istiods asked
//	ask run     a program is run, and what it took is written at the end of what it complains
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/mesh"
	"github.com/linnet-bot/linnet/pkg/mesh/observer"
	"github.com/linnet-bot/linnet/pkg/mesh/syncz"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "of the observer's account")
	token := flag.String("token", "", "file with its token for istiod")
	roots := flag.String("roots", "", "file with the mesh's root")
	pod := flag.String("pod", "", "of istiod")
	address := flag.String("address", "", "of that pod")
	namespace := flag.String("namespace", "istio-system", "of the account")
	account := flag.String("account", "linnet-observer", "the account")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var err error
	switch flag.Arg(0) {
	case "syncz":
		err = ask(ctx, *namespace, *account, *token, *roots, *pod, *address)
	case "observe":
		err = observe(ctx, *kubeconfig, *namespace, *account, *token, *address)
	case "run":
		err = run(ctx, flag.Args()[1:])
	default:
		err = fmt.Errorf("ask syncz, observe or run, not %q", flag.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func ask(ctx context.Context, namespace, account, token, roots, pod, address string) error {
	pem, err := os.ReadFile(roots)
	if err != nil {
		return err
	}
	client, err := syncz.New(syncz.Config{Namespace: namespace, ServiceAccount: account, Roots: pem, Token: syncz.TokenFile(token), Now: time.Now})
	if err != nil {
		return err
	}
	answer, err := client.Ask(ctx, syncz.Target{Istiod: checks.Istiod{Namespace: "istio-system", Pod: pod}, Address: address, ServerName: syncz.ServerName("default", "istio-system")})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(answer.Connections)
}

func observe(ctx context.Context, kubeconfig, namespace, account, token, address string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	cluster, err := mesh.New(config, time.Now)
	if err != nil {
		return err
	}
	following, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { cluster.Run(following) })
	defer running.Wait()
	defer stop()
	seen, err := observer.New(observer.Options{Cluster: cluster, Namespace: namespace, ServiceAccount: account, Token: syncz.TokenFile(token), Now: time.Now,
		Address: func(checks.NamespacedName, string) string { return address }}).Observe(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(seen)
}

// Took is what a program took. Linux counts the memory of whoever starts a program as that program's, so that a large test cannot start what it measures.
type Took struct {
	Wall, CPU time.Duration
	Memory    int64 // at most, in bytes
}

func run(ctx context.Context, args []string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return err
	}
	took := Took{Wall: time.Since(began), CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		took.Memory = usage.Maxrss * 1024
	}
	return json.NewEncoder(os.Stderr).Encode(took)
}
