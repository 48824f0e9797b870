package release

import (
	"net/http"

	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"

	"github.com/linnet-bot/linnet/pkg/network"
)

// httpClient is go-git's http transport with the trust and the proxy of the options. Redirects that leave the server's origin lose the
// credentials there.
func httpClient(o Options) (transport.Transport, error) {
	t, err := network.Transport(network.Options{CAFile: o.CAFile, ClientCertFile: o.ClientCertFile, ClientKeyFile: o.ClientKeyFile, ProxyURL: o.ProxyURL})
	if err != nil {
		return nil, err
	}
	return githttp.NewClient(&http.Client{Transport: t}), nil
}
