package config

import "fmt"

// Problem is one thing that is wrong with a configuration. Load joins all that
// it finds (errors.Join), in the order of their lines.
type Problem struct {
	File string // as given to Load
	Line int    // 1-based; 0 where the problem has no line
	Text string // one sentence, never with a secret in it
}

func (p *Problem) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Text)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}
