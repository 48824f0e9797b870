package release_test

import (
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/linnet-bot/linnet/pkg/release"
)

// gitDaemon serves a folder of repositories over git:// and counts connections.
func gitDaemon(t *testing.T, root string) (address string, connections *atomic.Int32) {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("this test serves a repository with git daemon, and git is not installed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connections = new(atomic.Int32)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			go func() {
				defer func() { _ = conn.Close() }()
				daemon := exec.Command(git, "daemon", "--inetd", "--export-all", "--base-path="+root)
				daemon.Env = []string{"HOME=" + root, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"}
				daemon.Stdin, daemon.Stdout = conn, conn
				_ = daemon.Run()
			}()
		}
	}()
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String(), connections
}

func TestScanOverTheGitProtocol(t *testing.T) {
	for _, config := range []string{"", allowFilter + allowAny} {
		f := traps(t)
		f.config(config)
		address, connections := gitDaemon(t, filepath.Dir(f.dir))
		s := open(t, release.Options{URL: "git://" + address + "/bigbang.git"})
		got, err := s.Scan(context.Background(), "")
		if err != nil {
			t.Fatal(err)
		}
		checkTraps(t, got)
		// Every exchange is a connection here, and begins with the server's advertisement.
		want := int32(2)
		if config != "" {
			want = 3
		}
		if connections.Load() != want {
			t.Errorf("with configuration %q a scan took %d connections, want %d", config, connections.Load(), want)
		}
	}
}
