package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Forge says where merge requests live.
type Forge struct {
	// Kind of forge. `local` is a bare git repository and one SQLite file on disk, for trials without an account.
	Kind ForgeKind `yaml:"kind"`
	// Folder of a local forge.
	Path string `yaml:"path,omitempty" path:"true"`
	// Branch that Flux follows and merge requests aim at.
	Branch string `yaml:"branch,omitempty" default:"main"`
	// Address of the forge as people type it, such as `https://gitlab.example.com`. Without one, https://github.com or https://gitlab.com.
	URL string `yaml:"url,omitempty"`
	// The project: `owner/repository` on GitHub, the path with all its groups on GitLab.
	Project string `yaml:"project,omitempty"`
	// File that holds the bot's token. It is read anew when it changes.
	TokenFile string `yaml:"tokenFile,omitempty" path:"true"`
	// Environment variable that holds the bot's token.
	TokenEnv string `yaml:"tokenEnv,omitempty"`
	// The GitHub App that the bot is, in place of a token.
	App *App `yaml:"app,omitempty"`
	// Number of an external status check of the project (GitLab Ultimate) that is to say what the bot's own check says: failed until the gate is green.
	StatusCheck int `yaml:"statusCheck,omitempty"`
	// PEM file with certificates to trust beside the system's.
	CAFile string `yaml:"caFile,omitempty" path:"true"`
	// PEM file with a certificate that the forge, or a proxy before it, asks of its clients.
	ClientCertFile string `yaml:"clientCertFile,omitempty" path:"true"`
	// PEM file with the key of that certificate.
	ClientKeyFile string `yaml:"clientKeyFile,omitempty" path:"true"`
	// Proxy for http and https. Without one HTTPS_PROXY, HTTP_PROXY and NO_PROXY decide.
	ProxyURL string `yaml:"proxyURL,omitempty"`
}

// App is a GitHub App.
type App struct {
	// Number of the App, which its settings page calls App ID.
	ID int `yaml:"id"`
	// Number of its installation. Without one it is asked for by the project.
	Installation int `yaml:"installation,omitempty"`
	// PEM file with the App's private key.
	PrivateKeyFile string `yaml:"privateKeyFile" path:"true"`
}

// ForgeKind is a vendor of forges.
type ForgeKind string

// The vendors.
const (
	LocalForge ForgeKind = "local" // a bare git repository and one SQLite file on disk
	GitHub     ForgeKind = "github"
	GitLab     ForgeKind = "gitlab"
)

func (ForgeKind) known() []string {
	return []string{string(GitHub), string(GitLab), string(LocalForge)}
}

// Address is URL, or where the vendor lives by itself.
func (f Forge) Address() string {
	if f.URL != "" || f.Kind == LocalForge {
		return f.URL
	}
	return "https://" + string(f.Kind) + ".com"
}

var (
	ownerAndName  = regexp.MustCompile(`^[A-Za-z0-9][-A-Za-z0-9_.]*/[A-Za-z0-9_.][-A-Za-z0-9_.]*$`)
	groupsAndName = regexp.MustCompile(`^[A-Za-z0-9_][-A-Za-z0-9_.]*(/[A-Za-z0-9_.][-A-Za-z0-9_.]*)+$`)
)

func (v *validator) forge(f Forge) {
	if f.Branch == "" || strings.HasPrefix(f.Branch, "-") || strings.ContainsAny(f.Branch, " ~^:?*[\\") || strings.Contains(f.Branch, "..") {
		v.problem("forge.branch", "is %q, but must be the name of a branch such as main", f.Branch)
	}
	switch f.Kind {
	case "":
		v.problem("forge.kind", "is missing; write %s", either(f.Kind.known()))
	case LocalForge:
		v.localForge(f)
	default:
		v.remoteForge(f)
	}
}

func (v *validator) localForge(f Forge) {
	if f.Path == "" {
		v.problem("forge.path", "is missing; write the folder of the local forge")
	}
	given := map[string]bool{"url": f.URL != "", "project": f.Project != "", "tokenFile": f.TokenFile != "", "tokenEnv": f.TokenEnv != "", "app": f.App != nil, "statusCheck": f.StatusCheck != 0,
		"caFile": f.CAFile != "", "clientCertFile": f.ClientCertFile != "", "clientKeyFile": f.ClientKeyFile != "", "proxyURL": f.ProxyURL != ""}
	for _, key := range sortedKeys(given) {
		if given[key] {
			v.problem("forge."+key, "means nothing to a local forge; remove it, or correct forge.kind")
		}
	}
}

func (v *validator) remoteForge(f Forge) {
	if f.Path != "" {
		v.problem("forge.path", "is only for a local forge; write forge.project")
	}
	shape, example := groupsAndName, "platform/gitops"
	if f.Kind == GitHub {
		shape, example = ownerAndName, "acme/gitops"
	}
	switch {
	case f.Project == "":
		v.problem("forge.project", "is missing; write the project, such as %s", example)
	case !shape.MatchString(f.Project) || strings.HasSuffix(f.Project, ".git"):
		v.problem("forge.project", "is %q, but must be a project such as %s", f.Project, example)
	}
	if u, err := url.Parse(f.Address()); err != nil || !slices.Contains([]string{"https", "http"}, u.Scheme) || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		v.problem("forge.url", "must be an address such as https://%s.example.com, without a name, a password or a query in it", f.Kind)
	}
	v.credential(f)
	switch {
	case f.StatusCheck != 0 && f.Kind != GitLab:
		v.problem("forge.statusCheck", "is only for GitLab; remove it")
	case f.StatusCheck < 0:
		v.problem("forge.statusCheck", "is %d, but must be a number from 1 on, or left out", f.StatusCheck)
	}
	v.clientCert("forge", f.ClientCertFile, f.ClientKeyFile)
	v.proxy("forge", f.ProxyURL)
}

// credential wants exactly one.
func (v *validator) credential(f Forge) {
	var given []string
	for _, c := range []struct {
		key string
		is  bool
	}{{"tokenFile", f.TokenFile != ""}, {"tokenEnv", f.TokenEnv != ""}, {"app", f.App != nil}} {
		if c.is {
			given = append(given, "forge."+c.key)
		}
	}
	switch {
	case len(given) == 0 && f.Kind == GitHub:
		v.problem("forge.app", "is missing; write the GitHub App that the bot is, or tokenFile for one that uses a token")
	case len(given) == 0:
		v.problem("forge.tokenFile", "is missing; write the file that holds the bot's token")
	case len(given) > 1:
		v.problem(given[1], "is given beside %s; keep one of the two", given[0])
	}
	if f.TokenEnv != "" && !variableName.MatchString(f.TokenEnv) {
		v.problem("forge.tokenEnv", "must be the name of an environment variable (letters, digits, underscores), not the token itself")
	}
	if f.App == nil {
		return
	}
	if f.Kind != GitHub {
		v.problem("forge.app", "is only for GitHub; write tokenFile")
	}
	if f.App.ID < 1 {
		v.problem("forge.app.id", "is %d, but must be the number that the App's settings page calls App ID", f.App.ID)
	}
	if f.App.Installation < 0 {
		v.problem("forge.app.installation", "is %d, but must be a number from 1 on, or left out", f.App.Installation)
	}
	if f.App.PrivateKeyFile == "" {
		v.problem("forge.app.privateKeyFile", "is missing; write the PEM file with the App's private key")
	}
}
