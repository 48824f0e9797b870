package config

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzLoad wants, of any bytes, either problems of this file or a
// configuration that reads back as the same.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("environments: [{path: dev, canarySource: &a {a: *a}}]"))
	f.Add([]byte("a: b\n---\nc: d\n"))
	f.Add([]byte("? [a]\n: !!binary x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Load("/c.yaml", data)
		if err != nil {
			errs := []error{err}
			if joined, ok := err.(interface{ Unwrap() []error }); ok {
				errs = joined.Unwrap()
			}
			for _, e := range errs {
				var p *Problem
				if !errors.As(e, &p) || p.File != "/c.yaml" || p.Text == "" {
					t.Errorf("Load gives %#v, want a Problem of /c.yaml", e)
				}
			}
			return
		}
		text, err := c.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Load("/c.yaml", text)
		if err != nil {
			t.Fatalf("what was understood is refused: %v\n%s", err, text)
		}
		// Null and absent, empty and absent are the same to a reader.
		second, err := again.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(text), string(second)); diff != "" {
			t.Errorf("read back (-first +second):\n%s", diff)
		}
	})
}
