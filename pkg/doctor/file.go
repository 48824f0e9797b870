package doctor

import (
	"fmt"
	"io/fs"
)

// File is a file that the configuration names and that holds a secret.
type File struct {
	// Key is where the configuration names it: "forge.tokenFile".
	Key  string
	Path string
	// What it holds: "the token".
	What string
	// Mode is that of the file behind links, and Size how many bytes it has without white space around them.
	Mode fs.FileMode
	Size int
	// Problem is why it could not be read; "" when it was.
	Problem string
}

const (
	readableByAll fs.FileMode = 0o004
	writableByAll fs.FileMode = 0o002
)

// Findings judges one file.
func (s File) Findings() []Finding {
	var f findings
	check := "files/" + s.Key
	switch {
	case s.Problem != "":
		f.fail(check, s.Path, "put "+s.What+" there, readable by the user that the bot runs as, or correct "+s.Key, "%s cannot be read: %s", s.named(), s.Problem)
	case !s.Mode.IsRegular():
		f.fail(check, s.Path, "correct "+s.Key, "%s is not a file", s.named())
	case s.Size == 0:
		f.fail(check, s.Path, "write "+s.What+" into it", "%s is empty", s.named())
	case s.Mode&writableByAll != 0:
		f.fail(check, s.Path, s.tighten(), "everybody on this machine can change %s (mode %04o)", s.named(), s.Mode.Perm())
	case s.Mode&readableByAll != 0:
		f.warn(check, s.Path, s.tighten(), "everybody on this machine can read %s (mode %04o)", s.named(), s.Mode.Perm())
	default:
		f.ok(check, s.Path, "not everybody on this machine can read %s", s.named())
	}
	return f.list
}

func (s File) named() string { return fmt.Sprintf("%s in %s", s.What, s.Path) }

func (s File) tighten() string {
	return "chmod 0600 it, or defaultMode: 0440 with an fsGroup where it is a volume of Kubernetes"
}

// StateKey judges the key that seals what the bot writes for itself. Problem is why a configured one is no good.
func StateKey(configured bool, problem string) []Finding {
	var f findings
	const check, looked = "state-key", "stateKeyFile and stateKeyEnv of the configuration"
	switch {
	case problem != "":
		f.fail(check, looked, "make one with: openssl rand -hex 32", "the state key is no good: %s", problem)
	case !configured:
		f.warn(check, looked, "make one with: openssl rand -hex 32, and name its file in stateKeyFile",
			"there is no state key: the bot's notes are not sealed, and a soak begins anew when the process does")
	default:
		f.ok(check, looked, "there is a state key that seals the bot's notes")
	}
	return f.list
}
