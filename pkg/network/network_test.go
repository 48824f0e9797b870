package network_test

import (
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/network"
)

func TestNetworkFilesAreCheckedAtOnce(t *testing.T) {
	for want, n := range map[string]network.Options{
		"cannot read the CA file":                   {CAFile: "absent"},
		"holds no PEM certificate":                  {CAFile: "network_test.go"},
		"needs both":                                {ClientCertFile: "a"},
		"cannot use the client certificate":         {ClientCertFile: "a", ClientKeyFile: "b"},
		"the proxy is not a URL such as http://pro": {ProxyURL: "user:hunter2"},
	} {
		if _, err := network.Transport(n); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
