package forward

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
)

// audience is whom istiod wants a token to be for.
const audience = "istio-ca"

// tokenLife is how long a token is asked for, the shortest that an API server makes.
const tokenLife = 10 * time.Minute

// tokens makes tokens of one service account and keeps the newest in memory, and nowhere else.
type tokens struct {
	ctx     context.Context // as long as tokens may be asked for
	api     *rest.RESTClient
	account string // "NAMESPACE/NAME"
	now     func() time.Time

	namespace, name string

	mu      sync.Mutex
	newest  string
	renewed time.Time // when it has to be made anew
}

// TokenOf gives tokens of a service account for istiods, which the API server makes until ctx ends: each for ten minutes, and anew when half of that is over. Who
// asks needs the right to create serviceaccounts/token. An error never has a token in it.
func TokenOf(ctx context.Context, config *rest.Config, namespace, name string, now func() time.Time) (func() (string, error), error) {
	config = rest.CopyConfig(config)
	config.Timeout = 10 * time.Second
	api, err := apiOf(config)
	if err != nil {
		return nil, err
	}
	t := &tokens{ctx: ctx, api: api, account: namespace + "/" + name, namespace: namespace, name: name, now: now}
	return t.token, nil
}

func (t *tokens) token() (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.newest != "" && t.now().Before(t.renewed) {
		return t.newest, nil
	}
	life := int64(tokenLife / time.Second)
	asked := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: []string{audience}, ExpirationSeconds: &life}}
	var made authenticationv1.TokenRequest
	err := t.api.Post().Namespace(t.namespace).Resource("serviceaccounts").Name(t.name).SubResource("token").Body(asked).Do(t.ctx).Into(&made)
	if err == nil && made.Status.Token == "" {
		err = errors.New("the API server gave an empty one")
	}
	if err != nil {
		return "", fmt.Errorf("have a token of service account %s made: %s: %s", t.account, brief(err.Error()), t.remedy(err))
	}
	if said := made.Spec.ExpirationSeconds; said != nil {
		life = min(life, *said)
	}
	t.newest, t.renewed = made.Status.Token, t.now().Add(time.Duration(life)*time.Second/2)
	return t.newest, nil
}

func (t *tokens) remedy(err error) string {
	switch {
	case apierrors.IsForbidden(err):
		return "have yourself given the right create on serviceaccounts/token in namespace " + t.namespace
	case apierrors.IsNotFound(err):
		return "name one that is there"
	}
	return "look at the kubeconfig"
}

// apiOf is a client for what is of group core, tokens included.
func apiOf(config *rest.Config) (*rest.RESTClient, error) {
	scheme := runtime.NewScheme()
	version := schema.GroupVersion{Version: "v1"}
	metav1.AddToGroupVersion(scheme, version)
	if err := errors.Join(corev1.AddToScheme(scheme), authenticationv1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("make a client of the API server %s: %w", config.Host, err)
	}
	config = rest.CopyConfig(config)
	config.APIPath, config.GroupVersion = "/api", &version
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.QPS = -1
	config.WarningHandler = rest.NoWarnings{}
	api, err := rest.RESTClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("make a client of the API server %s: %w", config.Host, err)
	}
	return api, nil
}
