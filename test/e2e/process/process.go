// Package process runs programs for as long as a test lasts, and says what their logs say when they do not come up.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Process is one program that was started.
type Process struct {
	Name  string
	log   string // path
	cmd   *exec.Cmd
	ended chan struct{}
	err   error // once ended
}

// Spec says what to run.
type Spec struct {
	Name string // of its log, too
	Path string
	Args []string
	Env  []string // besides PATH and HOME; nothing else is inherited
	Dir  string   // where it runs; its log is put there as well
}

// Start starts a program. It dies with this process at the latest.
func Start(s Spec) (*Process, error) {
	log, err := os.OpenFile(filepath.Join(s.Dir, s.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.CommandContext(context.Background(), s.Path, s.Args...) // Stop and Kill end it
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.Dir, log, log
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.Dir}, s.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Name, err)
	}
	p := &Process{Name: s.Name, log: log.Name(), cmd: cmd, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		p.err = cmd.Wait()
	}()
	return p, nil
}

// Ended is closed when the program has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Signal sends a signal; one to a program that has ended is lost.
func (p *Process) Signal(s syscall.Signal) {
	_ = p.cmd.Process.Signal(s)
}

// Stop ends the program, after five seconds by force, and waits until it has.
func (p *Process) Stop() {
	p.Signal(syscall.SIGCONT)
	p.Signal(syscall.SIGTERM)
	patience := time.NewTimer(5 * time.Second)
	defer patience.Stop()
	select {
	case <-p.ended:
	case <-patience.C:
		p.Kill()
	}
}

// Kill ends the program at once, as a machine does that dies, and waits until it has.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	<-p.ended
}

// Usage is what it has used so far: processor time, and the memory that it holds now, in bytes.
func (p *Process) Usage() (cpu time.Duration, rss int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	const ticks = 100 // of Linux, for user space, on every architecture that matters
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	pages, err3 := strconv.ParseInt(fields[21], 10, 64)
	return time.Duration(user+system) * time.Second / ticks, pages * int64(os.Getpagesize()), errors.Join(err1, err2, err3)
}

// Tail is the end of its log.
func (p *Process) Tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-25):], "\n")
}

// Await asks again and again whether something is so. The error has the last reason why it is not, and the log of a program that should have made it so; p may be nil.
func Await(ctx context.Context, within time.Duration, what string, p *Process, is func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	var ended <-chan struct{}
	if p != nil {
		ended = p.ended
	}
	why := errors.New("nobody has looked")
	for {
		if err := is(ctx); err == nil {
			return nil
		} else if ctx.Err() == nil {
			why = err
		}
		select {
		case <-again.C:
			continue
		case <-ended:
			return fmt.Errorf("%s: %s has ended (%w):\n%s", what, p.Name, p.err, p.Tail())
		case <-ctx.Done():
		}
		err := fmt.Errorf("%s: not within %s: %w", what, within, why)
		if p != nil {
			err = fmt.Errorf("%w; the log of %s ends with:\n%s", err, p.Name, p.Tail())
		}
		return err
	}
}

// Port is one that nobody listens at on 127.0.0.1.
func Port() (string, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
