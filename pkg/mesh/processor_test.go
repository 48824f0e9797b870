//go:build linux

package mesh

import (
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// processor measures rounds by the time that they take on the processor, which a machine that does other work at the same time lengthens far less than the
// time on the clock. The collector of garbage runs elsewhere and is not in it, but for what it makes the allocating side do.
type processor struct {
	b      *testing.B
	rounds []time.Duration
	begun  time.Duration
}

// onProcessor keeps the benchmark on one thread.
func onProcessor(b *testing.B) *processor {
	runtime.LockOSThread()
	b.Cleanup(runtime.UnlockOSThread)
	return &processor{b: b}
}

// now is for how long the thread has been on the processor, to the nanosecond; getrusage knows it to a few milliseconds.
func (p *processor) now() time.Duration {
	const ofThread = 3 // CLOCK_THREAD_CPUTIME_ID
	var used syscall.Timespec
	if _, _, failed := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, ofThread, uintptr(unsafe.Pointer(&used)), 0); failed != 0 {
		p.b.Fatal(failed)
	}
	return time.Duration(used.Nano())
}

func (p *processor) begin() { p.begun = p.now() }

func (p *processor) end() { p.rounds = append(p.rounds, p.now()-p.begun) }

// report gives the least and the median round, in milliseconds, and returns the median.
func (p *processor) report() time.Duration {
	slices.Sort(p.rounds)
	median := p.rounds[len(p.rounds)/2]
	p.b.ReportMetric(p.rounds[0].Seconds()*1000, "cpu-ms-least")
	p.b.ReportMetric(median.Seconds()*1000, "cpu-ms-median")
	return median
}

// onProcessorOfAll is for how long the process has been on the processor, its collector of garbage included.
func onProcessorOfAll() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
