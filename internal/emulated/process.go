package emulated

import (
	"bufio"
	"bytes"
	_ "embed" // of the script
	"encoding/json"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
)

//go:embed host.mjs
var script string

type obj = map[string]any

// seed is what emulate begins with. Whoever sends a token that it does not know is its first user, who may do nothing here.
func seed() obj {
	users, tokens := []obj{{"login": "nobody"}, {"login": admin}}, obj{tokenOf(admin): obj{"login": admin}}
	for _, name := range people {
		users = append(users, obj{"login": name})
		tokens[tokenOf(name)] = obj{"login": name}
	}
	may := obj{"metadata": "read", "contents": "write", "pull_requests": "write", "checks": "write", "statuses": "read", "issues": "write"}
	return obj{"tokens": tokens, "github": obj{
		"users": users,
		"orgs":  []obj{{"login": owner, "members": []obj{{"login": admin, "role": "admin"}}}},
		"apps": []obj{{"app_id": appID, "slug": slug, "name": "Linnet", "permissions": may,
			"installations": []obj{{"installation_id": 1, "account": owner, "repository_selection": "all", "permissions": may}}}},
	}}
}

// tokenOf is a person's personal access token.
func tokenOf(name string) string { return "ghp_" + name }

// said keeps what the process says.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// run starts the process, which ends with the test.
func (h *Host) run(t testing.TB, node, folder string) {
	t.Helper()
	begin, err := json.Marshal(obj{"seed": seed(), "baseUrl": h.URL})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, "--input-type=module", "--eval", script, string(begin)) //nolint:noctx // its cleanup ends it, after all others that may need it
	cmd.Dir, cmd.Env = folder, []string{"TZ=UTC"}
	errs := &said{}
	cmd.Stderr = errs
	stdin, inErr := cmd.StdinPipe()
	stdout, outErr := cmd.StdoutPipe()
	if inErr != nil || outErr != nil {
		t.Fatalf("start emulate: %v, %v", inErr, outErr)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start emulate: %v", err)
	}
	base := &http.Transport{}
	t.Cleanup(func() {
		base.CloseIdleConnections()
		_ = stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if text := errs.String(); text != "" && t.Failed() {
			t.Logf("emulate said:\n%s", text)
		}
	})
	var ready struct {
		Port int
		Key  string
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err == nil {
		err = json.Unmarshal([]byte(line), &ready)
	}
	if err != nil || ready.Port == 0 {
		t.Fatalf("emulate did not start: %v: %s%s", err, line, errs)
	}
	h.Key = []byte(ready.Key)
	h.at = &url.URL{Scheme: "http", Host: "127.0.0.1:" + strconv.Itoa(ready.Port)}
	h.proxy = &httputil.ReverseProxy{Transport: base, Rewrite: h.rewrite, ModifyResponse: wholeSeconds}
}

// rewrite leads a request of the REST interface to emulate, which has it at its root.
func (h *Host) rewrite(r *httputil.ProxyRequest) {
	r.SetURL(h.at)
	r.Out.Header.Del("Accept-Encoding")
	// A signature of the App is good for some minutes by the machine's clock.
	if h.now != nil && !strings.HasPrefix(r.In.Header.Get("Authorization"), "Bearer eyJ") {
		r.Out.Header.Set("X-Now", strconv.FormatInt(h.now().UnixMilli(), 10))
	}
}
