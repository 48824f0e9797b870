package address_test

import (
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/mesh/share/address"
)

func TestWhereAnObserverMayBeAsked(t *testing.T) {
	for given, want := range map[string]string{
		"https://observer.example.com":                          "",
		"https://10.0.0.7:8443/linnet":                          "",
		"http://linnet-observer.istio-system.svc:8080":          "",
		"http://Linnet-Observer.istio-system.SVC.cluster.local": "",
		"http://linnet-observer:8080":                           "",
		"http://localhost:8080":                                 "",
		"http://127.0.0.1:8080":                                 "",
		"http://[::1]:8080":                                     "",
		"http://observer.example.com":                           "must begin with https://",
		"http://linnet-observer.istio-system":                   "must begin with https://",
		"http://svc.example.com":                                "must begin with https://",
		"http://10.0.0.7:8443":                                  "must begin with https://",
		"":                                                      "must be an address such as",
		"linnet-observer.istio-system.svc:8443":                 "must be an address such as",
		"https://":                                              "must be an address such as",
		"ftp://observer.example.com":                            "must be an address such as",
		"https:observer.example.com":                            "must be an address such as",
		"https://linnet:hunter2@observer.example.com":           "must not hold a name or a password",
		"https://observer.example.com?token=hunter2":            "without a query",
		"https://observer.example.com/#a":                       "without a query",
		"https://hunter2:x\x7f@observer.example.com":            "must be an address such as",
	} {
		err := address.Check(given)
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want) && !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: got %v, want %q", given, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error repeats a secret: %v", given, err)
		}
	}
}
