package release_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"
)

// rewriteEntry changes text inside a cache entry and packs it again, so that only git's own hashes can tell.
func rewriteEntry(t *testing.T, entry []byte, from, to string) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(entry))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(content, []byte(from)) {
		t.Fatalf("the entry does not hold %q", from)
	}
	return gzipped(t, string(bytes.ReplaceAll(content, []byte(from), []byte(to))))
}

func gzipped(t *testing.T, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
