package store

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxLine is the longest line of an export in bytes. Entries are cut long before.
const maxLine = 1 << 20

// Export writes the audit log as JSON lines, {"entry":{…},"hash":"…","seal":"…"}, which Verify can check without the database. It writes what is there,
// broken or not.
func (s *Store) Export(ctx context.Context, w io.Writer) error {
	return s.rows(ctx, func(r row) error {
		_, err := io.WriteString(w, r.line())
		return err
	})
}

func (r row) line() string {
	return fmt.Sprintf("{\"entry\":%s,\"hash\":%q,\"seal\":%q}\n", r.entry, r.hash, r.seal)
}

// Verify follows the chain of an export, as Store.Verify does that of a history. The export is held to the byte: what Export would not have written is
// refused.
func Verify(export io.Reader, key []byte, head string) (Chain, error) {
	v := verifier{key: key, head: head}
	in := bufio.NewReaderSize(export, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return v.end()
		}
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return v.chain, fmt.Errorf("read the export after row %d: %w", v.chain.Rows, err)
		}
		r, reason := parseLine(line)
		if err != nil {
			reason = "its line has no end: the export was cut off"
		}
		if reason != "" {
			return v.chain, &BrokenError{Row: v.chain.Rows + 1, Reason: reason}
		}
		if err := v.next(r); err != nil {
			return v.chain, err
		}
	}
}

func parseLine(line []byte) (r row, reason string) {
	var parsed struct {
		Entry json.RawMessage `json:"entry"`
		Hash  string          `json:"hash"`
		Seal  string          `json:"seal"`
	}
	if err := json.Unmarshal(line, &parsed); err != nil {
		return row{}, "its line is not JSON: " + err.Error()
	}
	r = row{string(parsed.Entry), parsed.Hash, parsed.Seal}
	if r.line() != string(line) {
		return row{}, "its line is not in the form in which exports are written"
	}
	return r, ""
}
