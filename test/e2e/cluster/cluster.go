// Package cluster runs a real Kubernetes control plane: etcd, kube-apiserver, kube-controller-manager and kube-scheduler, with nodes whose kubelet is played (package
// kubelet).
//
// There is no network of pods. Each pod has an address of its own in 10.0.0.0/8, as in any cluster, and whatever really listens there does so on the loopback address with
// the same last three numbers (Local). The API server comes from its pods' addresses to those through its own egress selector, so that webhooks go the whole real way: from
// the configuration to the Service, to its EndpointSlice, to the address of a pod that is ready.
package cluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/linnet-bot/linnet/test/e2e/binaries"
	"github.com/linnet-bot/linnet/test/e2e/process"
)

// Cluster is a control plane that runs.
type Cluster struct {
	Dir    string // temporary; logs, keys, kubeconfigs
	Admin  *rest.Config
	Client kubernetes.Interface // as admin

	binaries   binaries.Set
	etcdPort   string
	port       string
	egress     *egress
	etcd       *process.Process
	api        *process.Process
	manager    *process.Process
	scheduler  *process.Process
	kubeconfig string
}

const adminToken = "admin-of-this-test"

// Start brings the control plane up, in a folder that is empty.
func Start(ctx context.Context, b binaries.Set, dir string) (_ *Cluster, err error) {
	c := &Cluster{Dir: dir, binaries: b}
	defer func() {
		if err != nil {
			c.Stop()
		}
	}()
	if err := c.prepare(); err != nil {
		return nil, err
	}
	if c.egress, err = startEgress(filepath.Join(dir, "egress.sock")); err != nil {
		return nil, err
	}
	if err := c.startEtcd(ctx); err != nil {
		return nil, err
	}
	if err := c.StartAPIServer(ctx); err != nil {
		return nil, err
	}
	c.kubeconfig = filepath.Join(dir, "admin.kubeconfig")
	if err := WriteKubeconfig(c.Admin, c.kubeconfig); err != nil {
		return nil, err
	}
	c.manager, err = process.Start(process.Spec{Name: "kube-controller-manager", Path: b.ControllerManager, Dir: dir, Args: []string{
		"--kubeconfig=" + c.kubeconfig, "--leader-elect=false", "--controllers=*,-node-lifecycle-controller", "--service-account-private-key-file=sa.key",
		"--root-ca-file=certs/apiserver.crt", "--use-service-account-credentials=false", "--secure-port=0", "--kube-api-qps=1000", "--kube-api-burst=2000",
		"--concurrent-deployment-syncs=20", "--concurrent-replicaset-syncs=20",
	}})
	if err != nil {
		return nil, err
	}
	c.scheduler, err = process.Start(process.Spec{Name: "kube-scheduler", Path: b.Scheduler, Dir: dir, Args: []string{
		"--kubeconfig=" + c.kubeconfig, "--leader-elect=false", "--secure-port=0", "--kube-api-qps=1000", "--kube-api-burst=2000",
	}})
	return c, err
}

// prepare writes what the programs read.
func (c *Cluster) prepare() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		"sa.key":     string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private})),
		"sa.pub":     string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		"tokens.csv": adminToken + ",admin,admin,system:masters\n",
		"egress.yaml": `apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection: {proxyProtocol: HTTPConnect, transport: {uds: {udsName: ` + filepath.Join(c.Dir, "egress.sock") + `}}}
`,
	} {
		if err := os.WriteFile(filepath.Join(c.Dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	if c.etcdPort, err = process.Port(); err != nil {
		return err
	}
	c.port, err = process.Port()
	return err
}

func (c *Cluster) startEtcd(ctx context.Context) error {
	peer, err := process.Port()
	if err != nil {
		return err
	}
	client, peers := "http://127.0.0.1:"+c.etcdPort, "http://127.0.0.1:"+peer
	c.etcd, err = process.Start(process.Spec{Name: "etcd", Path: c.binaries.Etcd, Dir: c.Dir, Args: []string{
		"--data-dir=etcd", "--unsafe-no-fsync", "--listen-client-urls=" + client, "--advertise-client-urls=" + client, "--listen-peer-urls=" + peers,
		"--initial-advertise-peer-urls=" + peers, "--initial-cluster=default=" + peers, "--quota-backend-bytes=4294967296",
	}})
	if err != nil {
		return err
	}
	return process.Await(ctx, time.Minute, "etcd is healthy", c.etcd, func(ctx context.Context) error { return get(ctx, http.DefaultClient, client+"/health") })
}

// StartAPIServer starts it, or starts it again at the same port.
func (c *Cluster) StartAPIServer(ctx context.Context) error {
	var err error
	c.api, err = process.Start(process.Spec{Name: "kube-apiserver", Path: c.binaries.APIServer, Dir: c.Dir, Args: []string{
		"--etcd-servers=http://127.0.0.1:" + c.etcdPort, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
		"--secure-port=" + c.port, "--cert-dir=certs", "--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file=sa.pub",
		"--service-account-signing-key-file=sa.key", "--service-cluster-ip-range=10.96.0.0/16", "--token-auth-file=tokens.csv", "--authorization-mode=RBAC",
		"--enable-priority-and-fairness=false", "--max-requests-inflight=0", "--max-mutating-requests-inflight=0", "--allow-privileged=true", "--profiling=false",
		"--enable-aggregator-routing=true", "--egress-selector-config-file=egress.yaml", "--shutdown-delay-duration=0",
	}})
	if err != nil {
		return err
	}
	certificate := filepath.Join(c.Dir, "certs", "apiserver.crt")
	err = process.Await(ctx, 2*time.Minute, "the API server is ready", c.api, func(ctx context.Context) error {
		if _, err := os.Stat(certificate); err != nil {
			return err
		}
		config := &rest.Config{Host: "https://127.0.0.1:" + c.port, BearerToken: adminToken, TLSClientConfig: rest.TLSClientConfig{CAFile: certificate}, QPS: -1}
		client, err := rest.HTTPClientFor(config)
		if err != nil {
			return err
		}
		if err := get(ctx, client, config.Host+"/readyz"); err != nil || c.Admin != nil {
			return err
		}
		c.Admin = config
		c.Client, err = kubernetes.NewForConfig(config)
		return err
	})
	return err
}

// APIServer is the process; Kill it, and StartAPIServer.
func (c *Cluster) APIServer() *process.Process { return c.api }

// Etcd is the process.
func (c *Cluster) Etcd() *process.Process { return c.etcd }

// Stop ends what was started.
func (c *Cluster) Stop() {
	for _, p := range []*process.Process{c.scheduler, c.manager, c.api, c.etcd} {
		if p != nil {
			p.Kill() // nothing here is worth the time of an orderly end
		}
	}
	if c.egress != nil {
		c.egress.stop()
	}
}

// As is a client's configuration with somebody's token.
func (c *Cluster) As(token string) *rest.Config {
	config := rest.CopyConfig(c.Admin)
	config.BearerToken = token
	return config
}

func get(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return nil
}

// WriteKubeconfig is for programs that read one.
func WriteKubeconfig(c *rest.Config, path string) error {
	authority, err := os.ReadFile(c.CAFile)
	if err != nil {
		return err
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["e2e"] = &clientcmdapi.Cluster{Server: c.Host, CertificateAuthorityData: authority}
	config.AuthInfos["e2e"] = &clientcmdapi.AuthInfo{Token: c.BearerToken}
	config.Contexts["e2e"] = &clientcmdapi.Context{Cluster: "e2e", AuthInfo: "e2e"}
	config.CurrentContext = "e2e"
	return clientcmd.WriteToFile(*config, path)
}

// Local is where something listens whose pod has this address.
func Local(podIP string) (string, error) {
	_, rest, ok := strings.Cut(podIP, ".")
	if !ok || !strings.HasPrefix(podIP, "10.") {
		return "", errors.New(podIP + " is no pod's address")
	}
	return "127." + rest, nil
}
