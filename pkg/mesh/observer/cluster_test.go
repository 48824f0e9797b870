package observer_test

import (
	"net/http/httptest"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/linnet-bot/linnet/internal/fakekube"
	"github.com/linnet-bot/linnet/pkg/mesh"
)

// follow follows a cluster until the test ends.
func follow(t *testing.T, c fakekube.Server) *mesh.Cluster {
	t.Helper()
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	followed, err := mesh.New(&rest.Config{Host: server.URL}, now)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); followed.Run(t.Context()) }()
	t.Cleanup(func() { <-ended })
	return followed
}
