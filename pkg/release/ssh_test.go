package release_test

import (
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/release"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// key is an Ed25519 pair made from a fixed seed.
func key(t *testing.T, seed byte) (ssh.Signer, string) {
	t.Helper()
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), ed25519.SeedSize)))
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "fixture")
	if err != nil {
		t.Fatal(err)
	}
	return signer, string(pem.EncodeToMemory(block))
}

// sshServer runs git-upload-pack below root for whoever has the client's key.
func sshServer(t *testing.T, root string, host ssh.Signer, client ssh.PublicKey) string {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("this test serves a repository with git upload-pack, and git is not installed")
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(c ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) {
		if c.User() != "git" || string(k.Marshal()) != string(client.Marshal()) {
			return nil, errors.New("no")
		}
		return nil, nil
	}}
	config.AddHostKey(host)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	session := func(channel ssh.Channel, requests <-chan *ssh.Request) {
		defer func() { _ = channel.Close() }()
		for r := range requests {
			if r.Type != "exec" {
				_ = r.Reply(false, nil)
				continue
			}
			_ = r.Reply(true, nil)
			run := exec.Command(git, "upload-pack", filepath.Join(root, "bigbang.git"))
			run.Env = []string{"HOME=" + root, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"}
			run.Stdin, run.Stdout, run.Stderr = channel, channel, channel.Stderr()
			_ = run.Run()
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{}))
			return
		}
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, channels, requests, err := ssh.NewServerConn(conn, config)
				if err != nil {
					_ = conn.Close()
					return
				}
				go ssh.DiscardRequests(requests)
				for c := range channels {
					if channel, requests, err := c.Accept(); err == nil {
						go session(channel, requests)
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func TestScanOverSSH(t *testing.T) {
	f := smallRepository(t)
	host, _ := key(t, 1)
	client, clientPEM := key(t, 2)
	other, otherPEM := key(t, 3)
	address := sshServer(t, filepath.Dir(f.dir), host, client.PublicKey())
	url := "ssh://git@" + address + "/bigbang.git"
	known := writeFile(t, "known_hosts", knownhosts.Line([]string{address}, host.PublicKey())+"\n")
	wrong := writeFile(t, "known_hosts", knownhosts.Line([]string{address}, other.PublicKey())+"\n")
	unknown := writeFile(t, "known_hosts", knownhosts.Line([]string{"git.example.com"}, host.PublicKey())+"\n")
	credentials := func(key, hosts string) string {
		return writeFile(t, "credentials", "sshKey: "+writeFile(t, "key", key)+"\nknownHosts: "+hosts+"\n")
	}

	scanOne(t, release.Options{URL: url, CredentialsFile: credentials(clientPEM, known)})

	for _, row := range []struct{ name, credentials, want string }{
		{"another key", credentials(otherPEM, known), "it refuses the SSH key; check that the key of the credentials file may read the repository"},
		{"another host key", credentials(clientPEM, wrong), "its host key is not the one in the known hosts; someone may be in between, or the server was set up anew"},
		{"unknown host", credentials(clientPEM, unknown), "its host key is not among the known hosts; add it to the file that knownHosts of the credentials file names"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := open(t, release.Options{URL: url, CredentialsFile: row.credentials}).Scan(context.Background(), "")
			if want := "cannot read releases from " + url + ": " + row.want; err == nil || err.Error() != want {
				t.Errorf("error\n%v, want\n%s", err, want)
			}
		})
	}
}
