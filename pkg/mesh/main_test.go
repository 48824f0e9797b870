package mesh

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

// serveVariable makes this test binary an API server with that many pods, so that another process can be measured without it.
const serveVariable = "LINNET_TEST_SERVE_PODS"

func TestMain(m *testing.M) {
	if n, err := strconv.Atoi(os.Getenv(serveVariable)); err == nil {
		server := newFleet(n)
		fmt.Println(server.URL)
		_, _ = io.Copy(io.Discard, os.Stdin) // until whoever started it ends
		server.Close()
		return
	}
	goleak.VerifyTestMain(m)
}
