package miniature

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"path"
	"slices"
	"time"
)

// archive packs a chart as `helm package` lays it out: every path below a folder named like the chart. The same files always give the same
// bytes: entries are sorted and all times are the same.
func archive(chart string, files map[string][]byte) ([]byte, error) {
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	w := tar.NewWriter(zipped)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		header := &tar.Header{
			Name:    path.Join(chart, name),
			Mode:    0o644,
			Size:    int64(len(files[name])),
			ModTime: time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC),
			Format:  tar.FormatPAX,
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("pack %s of chart %s: %w", name, chart, err)
		}
		if _, err := w.Write(files[name]); err != nil {
			return nil, fmt.Errorf("pack %s of chart %s: %w", name, chart, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack chart %s: %w", chart, err)
	}
	if err := zipped.Close(); err != nil {
		return nil, fmt.Errorf("pack chart %s: %w", chart, err)
	}
	return packed.Bytes(), nil
}
