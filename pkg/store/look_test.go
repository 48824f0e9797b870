package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func look(after time.Duration, proxies int) Look {
	return Look{Environment: "dev", At: begin.Add(after), Counts: []Count{{"app", "1-29-0", proxies}, {"app", "default", 2}, {"logs", "", 1}, {"logs", "default", 3}}}
}

func TestLooksComeBackAsTheyWereAndOnce(t *testing.T) {
	s := open(t, file(t), Options{})
	blank := Look{Environment: "prod", At: begin.Add(time.Minute), Counts: []Count{}}
	for _, l := range []Look{look(0, 4), look(0, 5), blank, look(2*time.Minute, 6)} {
		if err := s.AddLook(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Looks(t.Context(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Look{look(0, 4), blank, look(2*time.Minute, 6)}, got); diff != "" {
		t.Errorf("looks (-want +got):\n%s", diff)
	}
	if got, _ := s.Looks(t.Context(), Filter{Environment: "dev", Since: begin.Add(time.Second)}); len(got) != 1 {
		t.Errorf("since: %+v", got)
	}
	if got, want := look(0, 4).Text(), "unknown: 1, 1-29-0: 4, default: 5"; got != want {
		t.Errorf("text: got %q, want %q", got, want)
	}
	if got, want := blank.Text(), "no proxies"; got != want {
		t.Errorf("text: got %q, want %q", got, want)
	}
}

func TestLooksGrowThinnerWithAge(t *testing.T) {
	s := open(t, file(t), Options{Retention: 30 * 24 * time.Hour})
	const every = 2 * time.Minute
	end := 40 * 24 * time.Hour
	for after := time.Duration(0); after <= end; after += every {
		if after > 5*time.Hour && after < end-16*24*time.Hour || after > end-13*24*time.Hour && after < end-26*time.Hour {
			continue // what lies between the ages that matter
		}
		if err := s.AddLook(t.Context(), look(after, 1)); err != nil {
			t.Fatal(err)
		}
	}
	now := begin.Add(end)
	for _, tc := range []struct {
		name        string
		from, until time.Duration // ages
		want        int
	}{
		{"younger than a day: all of them", 23 * time.Hour, 22 * time.Hour, 30},
		{"a day: each ten minutes", 26 * time.Hour, 25 * time.Hour, 6},
		{"a fortnight: each hour", 15*24*time.Hour + 6*time.Hour, 15 * 24 * time.Hour, 6},
		{"past the retention: none", 40*24*time.Hour + time.Hour, 30 * 24 * time.Hour, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			all, err := s.Looks(t.Context(), Filter{Since: now.Add(-tc.from)})
			if err != nil {
				t.Fatal(err)
			}
			got := 0
			for _, l := range all {
				if l.At.Before(now.Add(-tc.until)) {
					got++
					if len(l.Counts) != 4 {
						t.Errorf("the look at %s lost counts: %+v", l.At, l.Counts)
					}
				}
			}
			if got != tc.want {
				t.Errorf("%d looks are left, want %d", got, tc.want)
			}
		})
	}
	var orphans int
	if err := s.writer.QueryRowContext(t.Context(), "SELECT count(*) FROM samples WHERE look NOT IN (SELECT id FROM looks)").Scan(&orphans); err != nil || orphans > 0 {
		t.Errorf("%d counts of looks that are gone, %v", orphans, err)
	}
}
