package mesh

import (
	"fmt"
	"net/http"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	policyv1 "k8s.io/api/policy/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

// clients speak to one API server over one pool of connections.
type clients struct {
	config     *rest.Config
	http       *http.Client
	codecs     serializer.CodecFactory
	parameters runtime.ParameterCodec
	core       *rest.RESTClient
	dynamic    dynamic.Interface
	metadata   metadata.Interface
	// firstPause is how long the first pause after a failure is, on average; each further one is twice as long, up to 150 times the first.
	firstPause time.Duration
	// silence is how long a watch may bring nothing.
	silence time.Duration
}

// protobuf is what the API server encodes with the least work; what it cannot encode so comes as JSON.
const protobuf = "application/vnd.kubernetes.protobuf"

func newClients(config *rest.Config) (*clients, error) {
	config = rest.CopyConfig(config)
	// The API server sheds load by itself; five requests a second, client-go's own limit, would make a large cluster's first list take minutes.
	config.QPS = -1
	config.WarningHandler = rest.NoWarnings{} // the API server's advice on old versions of a kind; the newest is asked for anyway
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("make a client of the API server %s: %w", config.Host, err)
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme, policyv1.AddToScheme, discoveryv1.AddToScheme, admissionv1.AddToScheme,
		apiextensionsv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("make a client of the API server %s: %w", config.Host, err)
		}
	}
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	c := &clients{
		config: config, http: client, codecs: serializer.NewCodecFactory(scheme), parameters: runtime.NewParameterCodec(scheme),
		firstPause: 200 * time.Millisecond, silence: 3 * time.Minute,
	}
	if c.core, err = c.api(corev1.SchemeGroupVersion); err != nil {
		return nil, err
	}
	if c.dynamic, err = dynamic.NewForConfigAndClient(config, client); err != nil {
		return nil, fmt.Errorf("make a client of the API server %s: %w", config.Host, err)
	}
	if c.metadata, err = metadata.NewForConfigAndClient(metadata.ConfigFor(config), client); err != nil {
		return nil, fmt.Errorf("make a client of the API server %s: %w", config.Host, err)
	}
	return c, nil
}

// api is a client of one group of typed objects.
func (c *clients) api(group schema.GroupVersion) (*rest.RESTClient, error) {
	config := rest.CopyConfig(c.config)
	config.GroupVersion = &group
	config.APIPath = "/apis"
	if group.Group == "" {
		config.APIPath = "/api"
	}
	config.NegotiatedSerializer = c.codecs.WithoutConversion()
	config.ContentType, config.AcceptContentTypes = protobuf, protobuf+",application/json"
	client, err := rest.RESTClientForConfigAndClient(config, c.http)
	if err != nil {
		return nil, fmt.Errorf("make a client of %s at the API server %s: %w", group, config.Host, err)
	}
	return client, nil
}
