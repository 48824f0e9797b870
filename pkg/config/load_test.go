package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const whole = `# Everything that can be said.
releases:
  url: https://git.example.com/bigbang.git
  cacheDir: cache
  caFile: /etc/ssl/internal.pem
  proxyURL: http://proxy.example.com:3128
  credentialsFile: credentials
packages:
  folder: charts
  git:
    istiod: {url: ../istiod.git, caFile: ca.pem, clientCertFile: client.pem, clientKeyFile: client.key}
forge:
  kind: github
  branch: trunk
  url: https://github.example.com
  project: acme/gitops
  app: {id: 12, installation: 34, privateKeyFile: app.pem}
  caFile: ca.pem
  clientCertFile: client.pem
  clientKeyFile: client.key
  proxyURL: http://proxy.example.com:3128
webhooks: {listen: ":9000", secretFile: hook}
mergeRequests:
  labels: [istio, canary]
  reviewers: [mesh-team]
  title: "{{.Phase}}"
  trailers: {Signed-off-by: Linnet <linnet@example.com>}
  method: squash
  passOthers: true
  escalate: ["@mesh-oncall"]
environments:
  - path: dev
    cluster: {kubernetesVersion: "1.34", observationFile: dev.json}
    policy:
      start: patch
      target: ~3.18
      merge: auto
      mergeByPhase: {crds: manual, canary: auto, wave: on-promote, gateway: manual, cni: manual, bump: manual, home: on-promote, home-gateway: manual, cleanup: manual}
      windows: [{start: 0 22 * * mon-thu, duration: 4h, zone: Europe/Berlin}, {start: 0 6 * * 6, duration: 90m}]
      freezes: [{from: "2026-12-18", until: "2027-01-03", zone: Europe/Berlin, reason: end of the year}]
      maxDwell: 72h
      soak: {wave: 1h30m, cleanup: 48h}
      canaryReplicas: 3
      combine: [crds+canary]
    waves:
      - {name: observability, namespaces: [monitoring, logging]}
      - {name: rest, rest: true}
    gateways: [private, public]
    canarySource:
      url: https://git.example.com/istiod.git
      ref: {tag: 1.28.3-bb.0}
      interval: 10m
      ignored: [1, 2.5, true, null, 2026-01-02]
  - path: prod
    cluster: {observer: {url: "https://linnet-observer.istio-system.svc:8443", tokenFile: observer/token, caFile: observer/ca.pem}}
    after: {environment: dev/, age: 72h}
commands:
  promote: {roles: [owner, maintain], users: [ana, "deploy-bot[bot]"]}
  skip-soak: {users: [ana]}
interval: 1m
stateKeyFile: key
store: {path: linnet.db, retention: 720h}
`

func TestForgesHaveAnAddressOfTheirOwn(t *testing.T) {
	for text, want := range map[string]string{
		"forge: {kind: gitlab, project: platform/sub.group/gitops, tokenFile: t}":                       "https://gitlab.com",
		"forge: {kind: github, project: acme/.github, tokenEnv: TOKEN}":                                 "https://github.com",
		"forge: {kind: gitlab, project: a/b, tokenFile: t, url: 'https://gitlab.example.com:8443/git'}": "https://gitlab.example.com:8443/git",
		"forge: {kind: local, path: x}":                                                                 "",
	} {
		c, err := Load("c.yaml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := c.Forge.Address(); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestEveryFieldIsRead(t *testing.T) {
	got, err := Load("/etc/linnet/linnet.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Releases: Releases{
			URL: "https://git.example.com/bigbang.git", CacheDir: "/etc/linnet/cache",
			Access: Access{CAFile: "/etc/ssl/internal.pem", ProxyURL: "http://proxy.example.com:3128", CredentialsFile: "/etc/linnet/credentials"},
		},
		Packages: Packages{
			Folder: "/etc/linnet/charts",
			Git:    map[string]PackageRepository{"istiod": {URL: "/etc/istiod.git", Access: Access{CAFile: "/etc/linnet/ca.pem", ClientCertFile: "/etc/linnet/client.pem", ClientKeyFile: "/etc/linnet/client.key"}}},
		},
		Forge: &Forge{
			Kind: GitHub, Branch: "trunk", URL: "https://github.example.com", Project: "acme/gitops",
			App:    &App{ID: 12, Installation: 34, PrivateKeyFile: "/etc/linnet/app.pem"},
			CAFile: "/etc/linnet/ca.pem", ClientCertFile: "/etc/linnet/client.pem", ClientKeyFile: "/etc/linnet/client.key", ProxyURL: "http://proxy.example.com:3128",
		},
		Webhooks: &Webhooks{Listen: ":9000", SecretFile: "/etc/linnet/hook"},
		MergeRequests: MergeRequests{
			Labels: []string{"istio", "canary"}, Reviewers: []string{"mesh-team"}, Title: "{{.Phase}}",
			Trailers: map[string]string{"Signed-off-by": "Linnet <linnet@example.com>"}, Method: Squash,
			PassOthers: true, Escalate: []string{"@mesh-oncall"},
		},
		Environments: []Environment{
			{
				Path:    "dev",
				Cluster: Cluster{KubernetesVersion: "1.34", ObservationFile: "/etc/linnet/dev.json"},
				Policy: Policy{
					Start: StartPatch, Target: "~3.18", Merge: MergeAuto, CanaryReplicas: 3, Combine: []Combination{CRDsAndCanary},
					MergeByPhase: MergeByPhase{
						CRDs: MergeManual, Canary: MergeAuto, Wave: MergeOnPromote, Gateway: MergeManual, CNI: MergeManual, Bump: MergeManual,
						Home: MergeOnPromote, HomeGateway: MergeManual, Cleanup: MergeManual,
					},
					Windows: []Window{
						{Start: "0 22 * * mon-thu", Duration: Duration(4 * time.Hour), Zone: "Europe/Berlin"}, {Start: "0 6 * * 6", Duration: Duration(90 * time.Minute), Zone: "UTC"},
					},
					Freezes:  []Freeze{{From: "2026-12-18", Until: "2027-01-03", Zone: "Europe/Berlin", Reason: "end of the year"}},
					MaxDwell: Duration(72 * time.Hour),
					Soak:     Soak{Wave: Duration(90 * time.Minute), Gateway: Duration(30 * time.Minute), Bump: Duration(30 * time.Minute), Cleanup: Duration(48 * time.Hour)},
				},
				Waves:    []Wave{{Name: "observability", Namespaces: []string{"monitoring", "logging"}}, {Name: "rest", Rest: true}},
				Gateways: []string{"private", "public"},
				CanarySource: map[string]any{
					"url": "https://git.example.com/istiod.git", "ref": map[string]any{"tag": "1.28.3-bb.0"}, "interval": "10m",
					"ignored": []any{1, 2.5, true, nil, "2026-01-02"},
				},
			},
			{Path: "prod", Policy: defaultPolicy, Cluster: Cluster{Observer: &Observer{URL: "https://linnet-observer.istio-system.svc:8443", TokenFile: "/etc/linnet/observer/token", CAFile: "/etc/linnet/observer/ca.pem"}}, After: &After{Environment: "dev/", Age: Duration(72 * time.Hour)}},
		},
		Commands: map[string]CommandRight{
			"promote":   {Roles: []RoleWord{"owner", "maintain"}, Users: []string{"ana", "deploy-bot[bot]"}},
			"skip-soak": {Users: []string{"ana"}},
		},
		Interval:     Duration(time.Minute),
		StateKeyFile: "/etc/linnet/key",
		Store:        &Store{Path: "/etc/linnet/linnet.db", Retention: Duration(720 * time.Hour)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Load (-want +got):\n%s", diff)
	}
}

var defaultPolicy = Policy{
	Start: StartMinor, Merge: MergeOnPromote, CanaryReplicas: 2,
	Soak: Soak{Wave: Duration(30 * time.Minute), Gateway: Duration(30 * time.Minute), Bump: Duration(30 * time.Minute), Cleanup: Duration(24 * time.Hour)},
}

func TestDefaults(t *testing.T) {
	want := Config{
		Releases:      Releases{URL: "https://repo1.dso.mil/big-bang/bigbang.git"},
		MergeRequests: MergeRequests{Title: "{{.Environment}}: {{.Title}} (Big Bang {{.From}} to {{.To}})", Method: MergeCommit},
		Interval:      Duration(30 * time.Second),
	}
	for _, tc := range []struct{ name, text string }{
		{"empty file", ""},
		{"only a comment", "# nothing yet\n"},
		{"only a document marker", "---\n"},
		{"keys without values", "releases:\nforge:\nenvironments:\ninterval:\n"},
		{"byte order mark", "\ufeffreleases: {}\n"},
		{"Windows line ends", "releases:\r\n  url: https://repo1.dso.mil/big-bang/bigbang.git\r\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Load("linnet.yaml", []byte(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Load(%q) (-want +got):\n%s", tc.text, diff)
			}
		})
	}
}

func TestLoadFileNamesWhatCannotBeRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "none.yaml")
	_, err := LoadFile(file)
	want := "read the configuration " + file + ": no such file or directory"
	if err == nil || err.Error() != want {
		t.Errorf("LoadFile = %v, want %s", err, want)
	}
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("LoadFile = %#v, want an error that is os.ErrNotExist", err)
	}
}

func TestAddressesAreNotPaths(t *testing.T) {
	for address, want := range map[string]string{
		"bigbang.git":                          "/etc/linnet/bigbang.git",
		"../bigbang":                           "/etc/bigbang",
		"a:b":                                  "/etc/linnet/a:b",
		"/srv/bigbang.git":                     "/srv/bigbang.git",
		"file:///srv/bigbang.git":              "file:///srv/bigbang.git",
		"git@git.example.com:bigbang.git":      "git@git.example.com:bigbang.git",
		"ssh://git@git.example.com/bigbang":    "ssh://git@git.example.com/bigbang",
		"https://git.example.com/big/bang.git": "https://git.example.com/big/bang.git",
	} {
		c, err := Load("/etc/linnet/linnet.yaml", []byte("releases:\n  url: "+address+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if c.Releases.URL != want {
			t.Errorf("releases.url %s is understood as %s, want %s", address, c.Releases.URL, want)
		}
	}
}

func TestAliasesAreFollowed(t *testing.T) {
	got, err := Load("linnet.yaml", []byte(`environments:
  - path: dev
    policy: &usual {canaryReplicas: 3}
  - path: prod
    policy: *usual
`))
	if err != nil {
		t.Fatal(err)
	}
	if n := got.Environments[1].Policy.CanaryReplicas; n != 3 {
		t.Errorf("canaryReplicas through an alias = %d, want 3", n)
	}
}

func TestAliasesDoNotExplode(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("environments:\n  - path: dev\n    canarySource:\n      a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 8; i++ {
		prev, here := string(rune('0'+i-1)), string(rune('0'+i))
		bomb.WriteString("      a" + here + ": &a" + here + " [*a" + prev + strings.Repeat(", *a"+prev, 9) + "]\n")
	}
	for _, tc := range []struct{ name, text, want string }{
		{"many", bomb.String(), "the file has more than 20000 values once its aliases are followed, which no configuration has"},
		{"endless", "environments:\n  - path: dev\n    canarySource: &a\n      a: *a\n", "is nested more than 50 deep, which no configuration is"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := Load("linnet.yaml", []byte(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Load = %v, want an error that says: %s", err, tc.want)
			}
		})
	}
}

func TestYAMLIsReadBackAsItWasUnderstood(t *testing.T) {
	first, err := Load("/etc/linnet/linnet.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	text, err := first.YAML()
	if err != nil {
		t.Fatal(err)
	}
	second, err := Load("/elsewhere/printed.yaml", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("read back (-first +second):\n%s", diff)
	}
}

func TestEnvironment(t *testing.T) {
	c, err := Load("linnet.yaml", []byte("environments: [{path: clusters/dev/, gateways: [public]}]"))
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := c.Environment("clusters/dev"); !ok || len(e.Gateways) != 1 {
		t.Errorf("Environment(clusters/dev) = %+v, %v, want the configured one", e, ok)
	}
	e, ok := c.Environment("prod")
	if diff := cmp.Diff(Environment{Path: "prod", Policy: defaultPolicy}, e); ok || diff != "" {
		t.Errorf("Environment(prod) = %v, want the defaults and false; (-want +got):\n%s", ok, diff)
	}
}

func TestDurationIsWrittenWithoutZeroParts(t *testing.T) {
	for text, want := range map[string]string{"0s": "0s", "90s": "1m30s", "30m": "30m", "60m": "1h", "24h": "24h", "90m": "1h30m", "3630s": "1h0m30s", "1ms": "1ms"} {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Duration(d).String(); got != want {
			t.Errorf("Duration(%s).String() = %s, want %s", text, got, want)
		}
	}
}
