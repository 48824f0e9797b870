package config

import (
	"strings"
	"testing"
)

// Each row is a file and all that Load says about it, one line a problem.
func TestProblems(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		// Not this file at all.
		{"not YAML", "releases:\n  url: a: b\n", "c.yaml:2: is not YAML: mapping values are not allowed in this context"},
		{"tab", "releases:\n\turl: x\n", "c.yaml:2: is not YAML: found character that cannot start any token"},
		{"binary", "\x00\x01", "c.yaml: is not YAML: control characters are not allowed"},
		{"unknown alias", "interval: *x\n", "c.yaml: is not YAML: unknown anchor 'x' referenced"},
		{"text", "hello", `c.yaml:1: the file is the text "hello", but must be a mapping (key: value)`},
		{"list", "- a", "c.yaml:1: the file is a list, but must be a mapping (key: value)"},
		{"two documents", "interval: 1m\n---\ninterval: 2m\n", "c.yaml:2: a second YAML document begins here, but the configuration is one document; remove the line ---"},

		// Keys.
		{"slip", "environments:\n  - path: dev\n    polcy: {}\n", `c.yaml:3: environments[0].polcy is not a known key; did you mean "policy"?`},
		{"case", "mergerequests: {}", `c.yaml:1: mergerequests is not a known key; did you mean "mergeRequests"?`},
		{"nothing near", "forge: {kind: local, path: x, zebra: 1}", "c.yaml:1: forge.zebra is not a known key; known here are kind, path, branch, url, project, tokenFile, tokenEnv, app, statusCheck, caFile, clientCertFile, clientKeyFile, proxyURL"},
		{"key of an inlined type", "releases: {cafile: x}", `c.yaml:1: releases.cafile is not a known key; did you mean "caFile"?`},
		{"twice", "interval: 1m\nforge: {kind: local, path: x}\ninterval: 2m\n", "c.yaml:3: interval is written twice, first on line 1; keep one"},
		{"twice in a map", "mergeRequests:\n  trailers:\n    A: x\n    A: y\n", "c.yaml:4: mergeRequests.trailers.A is written twice, first on line 3; keep one"},
		{"merge key", "environments:\n- &a {path: dev}\n- <<: *a\n  path: prod\n", "c.yaml:3: environments[1] uses the merge key <<, which is not read here; write the keys out"},
		{"key that is a list", "? [a]\n: b\n", "c.yaml:1: the file has a key that is a list, but keys must be plain words"},

		// Secrets. The value is never repeated.
		{"state key", "stateKey: hunter2", "c.yaml:1: stateKey would put a secret into this file; remove it and name stateKeyFile or stateKeyEnv instead"},
		{"token", "releases: {token: hunter2}", "c.yaml:1: releases.token would put a secret into this file; remove it and name credentialsFile instead"},
		{"password without a reference", "mergeRequests: {password: hunter2}", "c.yaml:1: mergeRequests.password would put a secret into this file; remove it and name a file or an environment variable, where the reference has a key for it instead"},
		{"password in a URL", "releases: {url: 'https://me:hunter2@git.example.com/bb.git'}", "c.yaml:1: releases.url holds a password; remove it and name credentialsFile instead"},
		{"password in a package's URL", "packages:\n  git:\n    istiod:\n      url: https://me:hunter2@git.example.com/istiod.git\n", "c.yaml:4: packages.git.istiod.url holds a password; remove it and name credentialsFile instead"},
		{"password in a proxy's URL", "releases: {proxyURL: 'http://me:hunter2@proxy.example.com'}", "c.yaml:1: releases.proxyURL holds a password; leave proxyURL out and set HTTPS_PROXY in the environment instead"},
		{"key where its variable belongs", "stateKeyEnv: hunter-2!", "c.yaml:1: stateKeyEnv must be the name of an environment variable (letters, digits, underscores), not the key itself"},
		{"two references", "stateKeyFile: a\nstateKeyEnv: B\n", "c.yaml:2: stateKeyEnv is given beside stateKeyFile; keep one of the two"},

		// Kinds of values.
		{"number where text belongs", "environments:\n- path: dev\n  cluster:\n    kubernetesVersion: 1.30\n", `c.yaml:4: environments[0].cluster.kubernetesVersion is the number 1.30, but must be text; put it in quotes: "1.30"`},
		{"truth value where text belongs", "environments: [{path: true}]", `c.yaml:1: environments[0].path is the truth value true, but must be text; put it in quotes: "true"`},
		{"mapping where text belongs", "environments: [{path: {a: b}}]", "c.yaml:1: environments[0].path is a mapping, but must be text"},
		{"text where a list belongs", "environments: [{path: dev, gateways: public}]", `c.yaml:1: environments[0].gateways is the text "public", but must be a list (- item)`},
		{"list where a mapping belongs", "forge: [local]", "c.yaml:1: forge is a list, but must be a mapping (key: value)"},
		{"text where a number belongs", "environments: [{path: dev, policy: {canaryReplicas: two}}]", `c.yaml:1: environments[0].policy.canaryReplicas is the text "two", but must be a whole number`},
		{"fraction where a whole number belongs", "environments: [{path: dev, policy: {canaryReplicas: 1.5}}]", "c.yaml:1: environments[0].policy.canaryReplicas is the number 1.5, but must be a whole number"},
		{"hexadecimal number", "environments: [{path: dev, policy: {canaryReplicas: 0x2}}]", "c.yaml:1: environments[0].policy.canaryReplicas is 0x2, but must be a whole number in plain decimal digits"},
		{"text where a truth value belongs", "environments: [{path: dev, waves: [{name: rest, rest: yes}]}]", `c.yaml:1: environments[0].waves[0].rest is the text "yes", but must be true or false`},
		{"number where a duration belongs", "interval: 30", "c.yaml:1: interval is the number 30, but must be a length of time such as 90s, 30m or 24h"},
		{"days", "interval: 1d", `c.yaml:1: interval is the text "1d", but must be a length of time such as 90s, 30m or 24h`},
		{"empty item", "environments:\n- path: dev\n-\n", "c.yaml:3: environments[1] is empty; write a value or remove it"},

		// Words.
		{"password of a forge", "forge: {kind: local, path: x, password: hunter2}", "c.yaml:1: forge.password would put a secret into this file; remove it and name tokenFile or tokenEnv instead"},
		{"forge of another kind", "forge: {kind: gitea, path: x}", `c.yaml:1: forge.kind is "gitea", but must be github, gitlab or local`},
		{"slip in a word", "environments: [{path: dev, policy: {start: minr}}]", `c.yaml:1: environments[0].policy.start is "minr", but must be minor or patch; did you mean "minor"?`},
		{"merge", "environments: [{path: dev, policy: {merge: on_promote}}]", `c.yaml:1: environments[0].policy.merge is "on_promote", but must be manual, on-promote or auto; did you mean "on-promote"?`},
		{"method", "mergeRequests: {method: ff}", `c.yaml:1: mergeRequests.method is "ff", but must be merge, squash or rebase`},
		{"combination", "environments: [{path: dev, policy: {combine: [bump+home]}}]", `c.yaml:1: environments[0].policy.combine[0] is "bump+home", but must be crds+canary`},

		// What values mean.
		{"no release source", "releases: {url: ''}", "c.yaml:1: releases.url is empty; write a value or remove it"},
		{"package without a repository", "packages: {git: {istiod: {}}}", "c.yaml:1: packages.git.istiod.url is missing; write the URL or the path of a git repository"},
		{"package with nothing", "packages: {git: {istiod: }}", "c.yaml:1: packages.git.istiod.url is missing; write the URL or the path of a git repository"},
		{"proxy without a scheme", "releases: {proxyURL: 'proxy.example.com:3128'}", `c.yaml:1: releases.proxyURL is "proxy.example.com:3128", but must be an http, https or socks5 URL such as http://proxy.example.com:3128`},
		{"forge without a kind", "forge: {path: x}", "c.yaml:1: forge.kind is missing; write github, gitlab or local"},
		{"local forge without a folder", "forge: {kind: local}", "c.yaml:1: forge.path is missing; write the folder of the local forge"},
		{"store without a file", "store: {}", "c.yaml:1: store.path is missing; write the file that keeps the history, such as linnet.db"},
		{"store that keeps nothing", "store: {path: x, retention: 5m}", "c.yaml:1: store.retention is 5m, but must be at least 1h"},
		{"local forge with what only others have", "forge: {kind: local, path: x, url: 'https://gitlab.example.com', tokenFile: t}",
			"c.yaml:1: forge.tokenFile means nothing to a local forge; remove it, or correct forge.kind\n" +
				"c.yaml:1: forge.url means nothing to a local forge; remove it, or correct forge.kind"},
		{"GitLab without anything", "forge: {kind: gitlab}", "c.yaml:1: forge.project is missing; write the project, such as platform/gitops\n" +
			"c.yaml:1: forge.tokenFile is missing; write the file that holds the bot's token"},
		{"GitLab with a folder", "forge: {kind: gitlab, path: x, project: a/b, tokenFile: t}", "c.yaml:1: forge.path is only for a local forge; write forge.project"},
		{"GitHub without anything", "forge: {kind: github}", "c.yaml:1: forge.project is missing; write the project, such as acme/gitops\n" +
			"c.yaml:1: forge.app is missing; write the GitHub App that the bot is, or tokenFile for one that uses a token"},
		{"GitHub with a sub-group", "forge: {kind: github, project: a/b/c, tokenFile: t}", `c.yaml:1: forge.project is "a/b/c", but must be a project such as acme/gitops`},
		{"project with its ending", "forge: {kind: gitlab, project: a/b.git, tokenFile: t}", `c.yaml:1: forge.project is "a/b.git", but must be a project such as platform/gitops`},
		{"address with a password", "forge: {kind: gitlab, project: a/b, tokenFile: t, url: 'https://me:hunter2@gitlab.example.com'}",
			"c.yaml:1: forge.url must be an address such as https://gitlab.example.com, without a name, a password or a query in it"},
		{"two credentials", "forge: {kind: github, project: a/b, tokenFile: t, app: {id: 1, privateKeyFile: k}}", "c.yaml:1: forge.app is given beside forge.tokenFile; keep one of the two"},
		{"token where its variable belongs", "forge: {kind: gitlab, project: a/b, tokenEnv: glpat-hunter2}",
			"c.yaml:1: forge.tokenEnv must be the name of an environment variable (letters, digits, underscores), not the token itself"},
		{"App on GitLab", "forge: {kind: gitlab, project: a/b, app: {id: 1, privateKeyFile: k}}", "c.yaml:1: forge.app is only for GitHub; write tokenFile"},
		{"App without a number and a key", "forge: {kind: github, project: a/b, app: {installation: -1}}",
			"c.yaml:1: forge.app.id is 0, but must be the number that the App's settings page calls App ID\n" +
				"c.yaml:1: forge.app.installation is -1, but must be a number from 1 on, or left out\n" +
				"c.yaml:1: forge.app.privateKeyFile is missing; write the PEM file with the App's private key"},
		{"status check on GitHub", "forge: {kind: github, project: a/b, tokenFile: t, statusCheck: 1}", "c.yaml:1: forge.statusCheck is only for GitLab; remove it"},
		{"status check", "forge: {kind: gitlab, project: a/b, tokenFile: t, statusCheck: -1}", "c.yaml:1: forge.statusCheck is -1, but must be a number from 1 on, or left out"},
		{"half a client certificate of the releases", "releases: {clientKeyFile: c}", "c.yaml:1: releases.clientCertFile and releases.clientKeyFile go together; write both or neither"},
		{"half a client certificate", "forge: {kind: gitlab, project: a/b, tokenFile: t, clientCertFile: c}",
			"c.yaml:1: forge.clientCertFile and forge.clientKeyFile go together; write both or neither"},
		{"webhooks without a secret", "forge: {kind: gitlab, project: a/b, tokenFile: t}\nwebhooks: {listen: ':80'}",
			"c.yaml:2: webhooks.secretFile is missing; write the file that holds the webhook's secret: without one, anybody could send webhooks"},
		{"webhooks at no address", "forge: {kind: gitlab, project: a/b, tokenFile: t}\nwebhooks: {listen: '8080', secretFile: s}",
			`c.yaml:2: webhooks.listen is "8080", but must be an address such as 127.0.0.1:8080 or :8080`},
		{"webhooks of a local forge", "forge: {kind: local, path: x}\nwebhooks: {secretFile: s}",
			"c.yaml:2: webhooks need a forge that sends them; correct forge.kind, or remove webhooks"},
		{"signing token on GitHub", "forge: {kind: github, project: a/b, tokenFile: t}\nwebhooks: {signingTokenFile: s}",
			"c.yaml:2: webhooks.signingTokenFile is only for GitLab; write secretFile"},
		{"branch that is none", "forge: {kind: local, path: x, branch: 'a b'}", `c.yaml:1: forge.branch is "a b", but must be the name of a branch such as main`},
		{"blank label", "mergeRequests: {labels: [a, ' ']}", "c.yaml:1: mergeRequests.labels[1] is blank; write a label or remove it"},
		{"blank reviewer", "mergeRequests: {reviewers: [' ']}", "c.yaml:1: mergeRequests.reviewers[0] is blank; write a name or remove it"},
		{"trailer", "mergeRequests: {trailers: {Signed off: x}}", `c.yaml:1: mergeRequests.trailers.Signed off cannot be used: trailer "Signed off" is not a word of letters, digits and dashes`},
		{"interval", "interval: 10ms", "c.yaml:1: interval is 10ms, but must be at least 1s"},
		{"environment without a folder", "environments: [{gateways: [a]}]", "c.yaml:1: environments[0].path is missing; write the environment's folder, from the root of the repository"},
		{"environment outside", "environments: [{path: a/../../b}]", `c.yaml:1: environments[0].path is "a/../../b", but must be a folder below the root of the repository, such as dev or clusters/dev`},
		{"environment from the root of the machine", "environments: [{path: /dev}]", `c.yaml:1: environments[0].path is "/dev", but must be a folder below the root of the repository, such as dev or clusters/dev`},
		{"environment twice", "environments:\n- path: dev\n- path: ./dev/\n", `c.yaml:3: environments[1].path is "./dev/", which environments[0].path is already; remove one of the two`},
		{"Kubernetes", "environments: [{path: dev, cluster: {kubernetesVersion: new}}]", `c.yaml:1: environments[0].cluster.kubernetesVersion is "new", but must be a version such as 1.34.1`},
		{"observer without anything", "environments:\n- path: dev\n  cluster:\n    observer: {caFile: ca.pem}\n", "c.yaml:4: environments[0].cluster.observer.url is missing; write the observer's address, such as https://linnet-observer.istio-system.svc:8443\n" +
			"c.yaml:4: environments[0].cluster.observer.tokenFile is missing; write the file that holds a service account's token of the observer's audience"},
		{"observer and file", "environments:\n- path: dev\n  cluster:\n    observationFile: dev.json\n    observer: {url: https://o.example.com, tokenFile: t}\n", "c.yaml:5: environments[0].cluster.observer is given beside observationFile; keep one of the two"},
		{"observer without TLS", "environments: [{path: dev, cluster: {observer: {url: http://o.example.com, tokenFile: t}}}]", "c.yaml:1: environments[0].cluster.observer.url must begin with https://, since http is only for a service of the same cluster, by a name such as linnet-observer.istio-system.svc, and for loopback"},
		{"observer with a password", "environments: [{path: dev, cluster: {observer: {url: https://a:hunter2@o.example.com, tokenFile: t}}}]", "c.yaml:1: environments[0].cluster.observer.url must not hold a name or a password; remove it, and name a token file"},
		{"observer with its token", "environments: [{path: dev, cluster: {observer: {url: https://o.example.com, token: hunter2}}}]", "c.yaml:1: environments[0].cluster.observer.token would put a secret into this file; remove it and name tokenFile instead"},
		{"target", "environments: [{path: dev, policy: {target: newest}}]", `c.yaml:1: environments[0].policy.target is "newest", but must be a release or a range such as 3.19.0, ~3.18 or <= 3.30.0`},
		{"no soak", "environments:\n- path: dev\n  policy:\n    soak:\n      wave: 0s\n", "c.yaml:5: environments[0].policy.soak.wave is 0s, but must be longer than nothing; a trial may write 1s"},
		{"no canary", "environments: [{path: dev, policy: {canaryReplicas: 0}}]", "c.yaml:1: environments[0].policy.canaryReplicas is 0, but the canary needs at least 1"},
		{"wave without a name", "environments: [{path: dev, waves: [{rest: true}]}]", "c.yaml:1: environments[0].waves[0].name is missing; write a name such as observability"},
		{"wave's name", "environments: [{path: dev, waves: [{name: The Rest, rest: true}]}]", `c.yaml:1: environments[0].waves[0].name is "The Rest", but must be lower-case letters, digits and dashes, at most 63`},
		{"wave of nothing", "environments: [{path: dev, waves: [{name: a}]}]", "c.yaml:1: environments[0].waves[0] has neither namespaces nor rest; write one of the two"},
		{"wave of both", "environments: [{path: dev, waves: [{name: a, rest: true, namespaces: [b]}]}]", "c.yaml:1: environments[0].waves[0].rest is given beside namespaces; a wave has one or the other"},
		{"rest is not last", "environments:\n- path: dev\n  waves:\n  - {name: a, rest: true}\n  - {name: b, namespaces: [c]}\n", "c.yaml:4: environments[0].waves[0].rest is given before the last wave; move this wave to the end"},
		{"namespace twice", "environments:\n- path: dev\n  waves:\n  - {name: a, namespaces: [x]}\n  - {name: b, namespaces: [y, x]}\n", `c.yaml:5: environments[0].waves[1].namespaces[1] is "x", which environments[0].waves[0] has already; a namespace moves once`},
		{"wave twice", "environments:\n- path: dev\n  waves:\n  - {name: a, namespaces: [x]}\n  - {name: a, namespaces: [y]}\n", `c.yaml:5: environments[0].waves[1].name is "a" a second time; give each wave a name of its own`},
		{"gateway twice", "environments: [{path: dev, gateways: [public, public]}]", `c.yaml:1: environments[0].gateways[1] is "public" a second time; a gateway moves once`},

		// When, in which order, and by whom.
		{"window", "environments:\n- path: dev\n  policy:\n    windows:\n    - start: 22:30\n", "c.yaml:5: environments[0].policy.windows[0].start is \"22:30\", but must be a cron expression; did you mean \"30 22 * * *\"?\n" +
			"c.yaml:5: environments[0].policy.windows[0].duration is missing; write how long the window stays open, such as 4h"},
		{"window's zone", "environments: [{path: dev, policy: {windows: [{start: 0 22 * * *, duration: 4h, zone: Europe/Berln}]}}]", `c.yaml:1: environments[0].policy.windows[0].zone is "Europe/Berln", which is no time zone; did you mean "Europe/Berlin"?`},
		{"freeze", "environments:\n- path: dev\n  policy:\n    freezes:\n    - {from: 2027-01-03, until: 2026-12-18}\n", "c.yaml:5: environments[0].policy.freezes[0].until is 2026-12-18, which is before from, 2027-01-03; exchange the two"},
		{"freeze of a time", "environments: [{path: dev, policy: {freezes: [{from: 2026-12-18 18:00:00, until: 2027-01-03}]}}]", `c.yaml:1: environments[0].policy.freezes[0].from is "2026-12-18 18:00:00", but must be a day; did you mean "2026-12-18"?`},
		{"freeze of a number", "environments: [{path: dev, policy: {freezes: [{from: 2026, until: 2027-01-03}]}}]", `c.yaml:1: environments[0].policy.freezes[0].from is the number 2026, but must be text; put it in quotes: "2026"`},
		{"phase", "environments: [{path: dev, policy: {mergeByPhase: {bmp: auto}}}]", `c.yaml:1: environments[0].policy.mergeByPhase.bmp is not a known key; did you mean "bump"?`},
		{"merge of a phase", "environments: [{path: dev, policy: {mergeByPhase: {bump: automatic}}}]", `c.yaml:1: environments[0].policy.mergeByPhase.bump is "automatic", but must be manual, on-promote or auto`},
		{"after nothing", "environments: [{path: dev, after: {age: 1h}}]", "c.yaml:1: environments[0].after.environment is missing; write the path of the environment that goes first"},
		{"after what is not there", "environments: [{path: dev}, {path: prod, after: {environment: deb}}]", `c.yaml:1: environments[1].after.environment is "deb", but must be the path of an environment of this file; did you mean "dev"?`},
		{"after itself", "environments: [{path: dev, after: {environment: ./dev}}]", `c.yaml:1: environments[0].after.environment is "./dev", which comes after dev itself; neither could ever begin`},
		{"in a circle", "environments:\n- {path: a, after: {environment: c}}\n- {path: b, after: {environment: a}}\n- {path: c, after: {environment: b}}\n- {path: d, after: {environment: c}}\n",
			`c.yaml:2: environments[0].after.environment is "c", which comes after a itself; neither could ever begin` + "\n" +
				`c.yaml:3: environments[1].after.environment is "a", which comes after b itself; neither could ever begin` + "\n" +
				`c.yaml:4: environments[2].after.environment is "b", which comes after c itself; neither could ever begin`},
		{"age", "environments: [{path: dev}, {path: prod, after: {environment: dev, age: -1h}}]", "c.yaml:1: environments[1].after.age is -1h, but must not be less than nothing"},
		{"dwell without anybody", "environments: [{path: dev, policy: {maxDwell: 72h}}]", "c.yaml:1: environments[0].policy.maxDwell is given, but mergeRequests.escalate names nobody to tell; write both"},
		{"anybody without a dwell", "mergeRequests: {escalate: ['@mesh']}\nenvironments: [{path: dev}]", "c.yaml:1: mergeRequests.escalate is given, but no environment has policy.maxDwell, so nobody would ever be told; write both"},
		{"dwell within a soak", "mergeRequests: {escalate: ['@mesh']}\nenvironments: [{path: dev, policy: {maxDwell: 24h}}]", "c.yaml:2: environments[0].policy.maxDwell is 24h, but must be longer than the longest soak, 24h"},
		{"no handle", "mergeRequests: {escalate: [mesh]}\nenvironments: [{path: dev, policy: {maxDwell: 72h}}]", `c.yaml:1: mergeRequests.escalate[0] is "mesh", but must be a handle such as "@mesh-oncall"; did you mean "@mesh"?`},
		{"no handle at all", "mergeRequests: {escalate: ['the team']}\nenvironments: [{path: dev, policy: {maxDwell: 72h}}]", `c.yaml:1: mergeRequests.escalate[0] is "the team", but must be a handle such as "@mesh-oncall"`},
		{"command", "commands:\n  promot: {roles: [maintainer]}\n", `c.yaml:2: commands.promot is not a command, but must be promote, pause, resume, status, explain, plan, stragglers, retry, accept, skip-soak, rollback, abort or help; did you mean "promote"?`},
		{"command for nobody", "commands:\n  promote:\n", "c.yaml:2: commands.promote gives it to nobody; write roles, groups or users, or leave it out for the default, a maintainer"},
		{"group", "commands: {promote: {groups: [0]}}", "c.yaml:1: commands.promote.groups[0] is 0, but must be the number of a team or a group, from 1 on"},
		{"role", "commands: {promote: {roles: [maintaner]}}", `c.yaml:1: commands.promote.roles[0] is "maintaner", but must be guest, read, reporter, triage, developer, write, maintainer, maintain, owner or admin; did you mean "maintainer"?`},
		{"user with an @", "commands: {promote: {users: ['@ana']}}", `c.yaml:1: commands.promote.users[0] is "@ana", but must be a name on the forge; did you mean "ana"?`},
		{"user", "commands: {promote: {users: ['the boss']}}", `c.yaml:1: commands.promote.users[0] is "the boss", but must be a name on the forge`},

		// Several, in the order of their lines.
		{"several", "interval: 30\nforge: {kind: local, pth: x}\nrelease: {}\n", "c.yaml:1: interval is the number 30, but must be a length of time such as 90s, 30m or 24h\n" +
			"c.yaml:2: forge.pth is not a known key; did you mean \"path\"?\n" +
			"c.yaml:3: release is not a known key; did you mean \"releases\"?"},
		{"several that decode", "interval: 10ms\nforge: {kind: local}\n", "c.yaml:1: interval is 10ms, but must be at least 1s\n" +
			"c.yaml:2: forge.path is missing; write the folder of the local forge"},
		{"far too large", "#" + strings.Repeat("x", 1<<20), "c.yaml: is larger than 1048576 bytes, which no configuration is"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := Load("c.yaml", []byte(tc.text))
			if err == nil {
				t.Fatalf("Load(%q) = %+v, want %s", tc.text, c, tc.want)
			}
			if got := err.Error(); got != tc.want {
				t.Errorf("Load(%q)\n got %s\nwant %s", tc.text, got, tc.want)
			}
			if strings.Contains(err.Error(), "hunter") {
				t.Errorf("the error repeats a secret: %v", err)
			}
		})
	}
}

func TestTitleTemplateIsChecked(t *testing.T) {
	_, err := Load("c.yaml", []byte("mergeRequests:\n  title: '{{.Env}}'\n"))
	want := `c.yaml:2: mergeRequests.title cannot be used: title template "{{.Env}}" cannot be filled`
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("Load = %v, want an error that begins with %s", err, want)
	}
}
