// Package config reads the operator's one configuration file.
//
// Load is strict decoding, then defaults, then validation, and gives a value
// that nobody changes afterwards. Strict means: a key that is not known, a key
// written twice, a value of the wrong kind, a second YAML document: each is a
// Problem with file, line and what to write instead, and all of them are found
// in one go. A secret never stands in the file; it is named by the file or the
// environment variable that holds it.
//
// The types below are the reference. Their yaml and default tags and their
// comments make schema.json and docs/configuration.md; a test keeps the three
// in step. A field exists only if something reads it.
package config

// Config is the whole file. Every part may be left out.
type Config struct {
	// Where Big Bang releases are read.
	Releases Releases `yaml:"releases,omitempty"`
	// Where package charts (istiod at a tag) are read. They are needed to render what a phase changes; a plan says which it had to do without.
	Packages Packages `yaml:"packages,omitempty"`
	// Where merge requests are opened. `linnet run`, `linnet status` and `linnet mr` need it; `linnet plan` does not.
	Forge *Forge `yaml:"forge,omitempty"`
	// Where webhooks of the forge are received. `linnet serve` needs it; `linnet run` does not.
	Webhooks *Webhooks `yaml:"webhooks,omitempty"`
	// What every merge request carries.
	MergeRequests MergeRequests `yaml:"mergeRequests,omitempty"`
	// The environments that are watched. One that is not listed can still be inspected and planned, with the defaults.
	Environments []Environment `yaml:"environments,omitempty"`
	// Where the history of upgrades is kept. Without it nothing is kept, and upgrades go just the same.
	Store *Store `yaml:"store,omitempty"`
	// Who may give which command, by verb: `promote`, `skip-soak`, … A verb that is given here has these rights and no others; one that is not has those of docs/commands.md.
	Commands map[string]CommandRight `yaml:"commands,omitempty"`
	// Pause between two looks at the forge and the clusters while `linnet run` keeps running.
	Interval Duration `yaml:"interval,omitempty" default:"30s"`
	// File that holds the key which seals the bot's notes in merge requests. Without a key a soak starts again when the process does.
	StateKeyFile string `yaml:"stateKeyFile,omitempty" path:"true"`
	// Environment variable that holds that key.
	StateKeyEnv string `yaml:"stateKeyEnv,omitempty"`
}

// Releases says where Big Bang releases are read.
type Releases struct {
	// Git repository of the Big Bang umbrella: a URL (https, http, ssh, git, file) or a path.
	URL string `yaml:"url,omitempty" default:"https://repo1.dso.mil/big-bang/bigbang.git" path:"true"`
	// The way there, shared with git package repositories.
	Access `yaml:",inline"`
	// Folder that keeps what was read of each commit, of package repositories too, so that it is read once. Without one nothing is kept.
	CacheDir string `yaml:"cacheDir,omitempty" path:"true"`
}

// Access is how a git server is reached.
type Access struct {
	// PEM file with certificates to trust beside the system's.
	CAFile string `yaml:"caFile,omitempty" path:"true"`
	// PEM file with a certificate that the server, or a proxy before it, asks of its clients.
	ClientCertFile string `yaml:"clientCertFile,omitempty" path:"true"`
	// PEM file with the key of that certificate.
	ClientKeyFile string `yaml:"clientKeyFile,omitempty" path:"true"`
	// Proxy for http and https. Without one HTTPS_PROXY, HTTP_PROXY and NO_PROXY decide.
	ProxyURL string `yaml:"proxyURL,omitempty"`
	// File with the credentials for the git server.
	CredentialsFile string `yaml:"credentialsFile,omitempty" path:"true"`
}

// Packages says where package charts are read. A chart in the folder wins over the same chart in git.
type Packages struct {
	// Folder of chart archives (*.tgz). What an archive is, its own Chart.yaml says.
	Folder string `yaml:"folder,omitempty" path:"true"`
	// Git repository of each package, by the package's name (istiod). Tags are those of the package, such as 1.28.3-bb.0; the chart is in its folder chart/.
	Git map[string]PackageRepository `yaml:"git,omitempty"`
}

// PackageRepository is the git repository of one package.
type PackageRepository struct {
	// URL or path of the repository.
	URL string `yaml:"url" path:"true"`
	// The way there.
	Access `yaml:",inline"`
}

// Store says where history, samples and the audit log are kept. Nothing is decided from them.
type Store struct {
	// SQLite file. It is made where there is none; its folder must exist.
	Path string `yaml:"path" path:"true"`
	// How long counts of proxies are kept, thinned with age. The audit log is kept whole.
	Retention Duration `yaml:"retention,omitempty" default:"2160h"`
}

// MergeRequests says what every merge request carries.
type MergeRequests struct {
	// Labels to put on.
	Labels []string `yaml:"labels,omitempty"`
	// Who is asked to review, by name on the forge.
	Reviewers []string `yaml:"reviewers,omitempty"`
	// Title, a Go template over .Environment, .From, .To (releases), .Phase (its name) and .Title (the phase's own title).
	Title string `yaml:"title,omitempty" default:"{{.Environment}}: {{.Title}} (Big Bang {{.From}} to {{.To}})"`
	// Lines at the end of each commit message, such as Signed-off-by.
	Trailers map[string]string `yaml:"trailers,omitempty"`
	// Who is mentioned, once, on a merge request that takes longer than policy.maxDwell: `"@mesh-oncall"`.
	Escalate []string `yaml:"escalate,omitempty"`
	// Pass the bot's check on merge requests that are no phase of an upgrade. Needed where the forge requires the check of every merge request into the branch.
	PassOthers bool `yaml:"passOthers,omitempty"`
	// How the forge merges.
	Method MergeMethod `yaml:"method,omitempty" default:"merge"`
}
