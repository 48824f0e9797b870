package store

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const kept = 3 * 24 * time.Hour

func deliveries(t *testing.T, path string) *Deliveries {
	t.Helper()
	d, err := OpenDeliveries(t.Context(), path, kept)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *Deliveries) wants(t *testing.T, key string, at time.Time, want bool) {
	t.Helper()
	if got, err := d.First(key, at); err != nil || got != want {
		t.Errorf("First(%s) at %s gives %v, %v, want %v", key, at, got, err, want)
	}
}

func (d *Deliveries) count(t *testing.T) (n int) {
	t.Helper()
	if err := d.s.writer.QueryRowContext(t.Context(), "SELECT count(*) FROM deliveries").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestADeliveryOutlivesTheProgramForThreeDays(t *testing.T) {
	path := file(t)
	deliveries(t, path).wants(t, "github/a", begin, true)
	d := deliveries(t, path)
	d.wants(t, "github/a", begin.Add(kept), false)
	d.wants(t, "github/b", begin.Add(kept), true)
	d.wants(t, "github/a", begin.Add(kept+time.Second), true)
	d.wants(t, "github/c", begin.Add(3*kept), true)
	if got := d.count(t); got != 1 {
		t.Errorf("%d deliveries are kept, want those of the last three days, which is one", got)
	}
}

func TestAClockThatJumpsBackForgetsNoDelivery(t *testing.T) {
	d := deliveries(t, file(t))
	d.wants(t, "a", begin, true)
	d.wants(t, "b", begin.Add(-30*24*time.Hour), true)
	d.wants(t, "a", begin, false)
}

func TestAQuarantinedDeliveryStaysOut(t *testing.T) {
	path := file(t)
	d := deliveries(t, path)
	d.wants(t, "known", begin, true)
	for range 2 {
		for _, key := range []string{"known", "unknown"} {
			if err := d.Quarantine(key, begin); err != nil {
				t.Fatal(err)
			}
		}
	}
	d = deliveries(t, path)
	d.wants(t, "known", begin.Add(100*kept), false)
	d.wants(t, "unknown", begin.Add(100*kept), false)
}

func TestQuarantineIsBounded(t *testing.T) {
	d := deliveries(t, file(t))
	err := d.s.write(t.Context(), func(tx *sql.Tx) error {
		for i := range mostQuarantined {
			if _, err := tx.ExecContext(t.Context(), "INSERT INTO deliveries VALUES (?, ?, 1)", strconv.Itoa(i), begin.Add(time.Duration(i)).UnixNano()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Quarantine("last", begin.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := d.count(t); got != mostQuarantined {
		t.Errorf("%d are in quarantine, want %d", got, mostQuarantined)
	}
	d.wants(t, "last", begin, false)
	d.wants(t, "0", begin, true)
}

func TestOfManyCallsAtOnceOneIsTheFirst(t *testing.T) {
	path := file(t)
	var all []*Deliveries
	for range 2 {
		all = append(all, deliveries(t, path))
	}
	var done sync.WaitGroup
	var first atomic.Int32
	for i := range 16 {
		done.Go(func() {
			ok, err := all[i%2].First("d", begin)
			if err != nil {
				t.Error(err)
			}
			if ok {
				first.Add(1)
			}
		})
	}
	done.Wait()
	if got := first.Load(); got != 1 {
		t.Errorf("%d were the first, want 1", got)
	}
}

// processOn makes the test binary a process that remembers deliveries on that file.
const processOn = "LINNET_TEST_DELIVERIES"

const ofEachProcess = 100

// remember tells which of a hundred keys it was the first to see.
func remember(path string) error {
	d, err := OpenDeliveries(context.Background(), path, kept)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	for i := range ofEachProcess {
		first, err := d.First(strconv.Itoa(i), begin)
		if err != nil {
			return err
		}
		if first {
			fmt.Println("first", i)
		}
	}
	return nil
}

func TestOfTwoProcessesOneIsTheFirst(t *testing.T) {
	path := file(t)
	deliveries(t, path)
	var done sync.WaitGroup
	var mu sync.Mutex
	times := map[string]int{}
	for range 2 {
		done.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), processOn+"="+path)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v: %s", err, out)
			}
			lines := bufio.NewScanner(strings.NewReader(string(out)))
			for lines.Scan() {
				if key, ok := strings.CutPrefix(lines.Text(), "first "); ok {
					mu.Lock()
					times[key]++
					mu.Unlock()
				}
			}
		})
	}
	done.Wait()
	for i := range ofEachProcess {
		if got := times[strconv.Itoa(i)]; got != 1 {
			t.Errorf("delivery %d was the first %d times, want once", i, got)
		}
	}
}

func TestADatabaseThatFailsSaysThatItDoesNotKnow(t *testing.T) {
	t.Run("another process writes and does not end", func(t *testing.T) {
		path := file(t)
		d := deliveries(t, path)
		d.wants(t, "a", begin, true)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		d.s.patience = 10 * time.Millisecond // takes effect with the next connection
		other := open(t, path, Options{})
		err := other.write(t.Context(), func(*sql.Tx) error {
			for _, key := range []string{"a", "b"} {
				if first, err := d.First(key, begin); first || err == nil {
					t.Errorf("First(%s) gives %v, %v, want an error", key, first, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		d.wants(t, "a", begin, false)
		d.wants(t, "b", begin, true)
	})
	t.Run("it is damaged", func(t *testing.T) {
		path := file(t)
		d := deliveries(t, path)
		d.wants(t, "a", begin, true)
		if err := d.s.write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.ExecContext(t.Context(), "DROP TABLE deliveries")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if first, err := d.First("a", begin); first || err == nil {
			t.Errorf("gives %v, %v, want an error", first, err)
		}
	})
	t.Run("somebody deleted it", func(t *testing.T) {
		path := file(t)
		d := deliveries(t, path)
		d.wants(t, "a", begin, true)
		for _, end := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(path + end); err != nil {
				t.Fatal(err)
			}
		}
		d.wants(t, "a", begin, true) // a new file remembers nothing, and goes on
		d.wants(t, "a", begin, false)
	})
	t.Run("one that is there is not opened", func(t *testing.T) {
		path := file(t)
		if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 500)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenDeliveries(t.Context(), path, kept); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("opening gives %v, want an error that names the file", err)
		}
	})
}
