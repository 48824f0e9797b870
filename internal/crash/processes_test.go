package crash

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/linnet-bot/linnet/internal/miniature"
)

// releases is a repository of the miniature's releases, made once for all processes.
var releases string

func TestMain(m *testing.M) {
	if dir := os.Getenv(botOf); dir != "" {
		if err := serve(dir, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if releases, err = os.MkdirTemp("", "linnet-crash"); err == nil {
		err = miniature.Releases(releases)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	err = os.RemoveAll(releases)
	if err := errors.Join(err, goleak.Find()); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// living is a bot that waits for orders.
type living struct {
	testing.TB
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	errors bytes.Buffer
}

func start(t testing.TB) *living {
	t.Helper()
	p := &living{TB: t, cmd: exec.CommandContext(t.Context(), os.Args[0])}
	p.cmd.Env = append(os.Environ(), botOf+"="+releases, "GOGC=400")
	p.cmd.Stderr = &p.errors
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// look has orders carried out by a process that lives on.
func (p *living) look(orders ...Order) []Answer {
	p.Helper()
	if err := json.NewEncoder(p.in).Encode(orders); err != nil {
		p.Fatalf("give orders to the bot: %v\n%s", err, p.errors.String())
	}
	line, err := p.out.ReadBytes('\n')
	var answers []Answer
	if err = errors.Join(err, json.Unmarshal(line, &answers)); err != nil {
		p.Fatalf("take the bot's answer: %v\n%s", err, p.errors.String())
	}
	for i, a := range answers {
		if a.Error != "" {
			p.Fatalf("the look at %s failed: %s", orders[i].World, a.Error)
		}
	}
	return answers
}

// end lets it end by itself.
func (p *living) end() {
	p.Helper()
	if err := errors.Join(p.in.Close(), p.cmd.Wait()); err != nil {
		p.Errorf("the bot did not end well: %v\n%s", err, p.errors.String())
	}
}

// send has orders carried out by a process of their own. Where a look was killed, SIGKILL must have ended the process, and nothing else.
func send(t testing.TB, orders ...Order) []Answer {
	t.Helper()
	p := start(t)
	answers := p.look(orders...)
	killed := slices.ContainsFunc(answers, func(a Answer) bool { return a.Killed })
	if !killed {
		p.end()
		return answers
	}
	err := p.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
			return answers
		}
	}
	t.Fatalf("the bot was to be killed, and ended with %v\n%s", err, p.errors.String())
	return nil
}
