package release

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// archives is a folder of chart archives, indexed by what each says of itself.
type archives struct {
	dir string
	// charts maps "name version" to the archive that holds it.
	charts map[string]string
	// unreadable says what is wrong with other archives of the folder.
	unreadable []string
}

// maxChart bounds what one archive may unpack to; the whole umbrella chart is under four megabytes.
const maxChart = 64 << 20

func openArchives(dir string) (*archives, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot read the folder of package charts: %w", err)
	}
	a := &archives{dir: dir, charts: map[string]string{}}
	for _, entry := range entries {
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".tgz") {
			continue
		}
		files, err := a.unpack(entry.Name())
		if err != nil {
			a.unreadable = append(a.unreadable, fmt.Sprintf("%s (%v)", entry.Name(), err))
			continue
		}
		docs, err := documents(files["Chart.yaml"])
		if err != nil || len(docs) == 0 || text(docs[0], "name") == "" {
			a.unreadable = append(a.unreadable, entry.Name()+" (no readable Chart.yaml)")
			continue
		}
		chart := text(docs[0], "name") + " " + text(docs[0], "version")
		if other, twice := a.charts[chart]; twice && !a.same(other, files) {
			return nil, fmt.Errorf("%s and %s of %s both say they are chart %s and differ; remove one", other, entry.Name(), dir, chart)
		}
		a.charts[chart] = entry.Name()
	}
	return a, nil
}

func (a *archives) same(file string, files map[string][]byte) bool {
	other, err := a.unpack(file)
	if err != nil || len(other) != len(files) {
		return false
	}
	for name, content := range files {
		if got, ok := other[name]; !ok || !bytes.Equal(got, content) {
			return false
		}
	}
	return true
}

func (a *archives) Chart(_ context.Context, name, version string) (map[string][]byte, error) {
	var versions []string
	for _, known := range namesOf(name) {
		if file, ok := a.charts[known+" "+version]; ok {
			files, err := a.unpack(file)
			if err != nil {
				return nil, fmt.Errorf("cannot read the chart archive %s: %w", filepath.Join(a.dir, file), err)
			}
			return files, nil
		}
		for chart := range a.charts {
			if other, ok := strings.CutPrefix(chart, known+" "); ok {
				versions = append(versions, other)
			}
		}
	}
	hint := "it holds no version of it"
	if len(versions) > 0 {
		slices.Sort(versions)
		hint = "it holds " + strings.Join(versions, ", ")
	}
	if len(a.unreadable) > 0 {
		hint += "; these archives could not be read: " + strings.Join(a.unreadable, ", ")
	}
	return nil, fmt.Errorf("chart %s %s is %w in the folder %s: %s", name, version, ErrNotAtHand, a.dir, hint)
}

// unpack reads a chart archive. Every file of one lies in a folder with the chart's name; links are left out.
func (a *archives) unpack(file string) (files map[string][]byte, err error) {
	f, err := os.Open(filepath.Join(a.dir, file))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	packed, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("not a gzip file: %w", err)
	}
	limited := &io.LimitedReader{R: packed, N: maxChart}
	in := tar.NewReader(limited)
	files = map[string][]byte{}
	for {
		header, err := in.Next()
		switch {
		case limited.N <= 0:
			return nil, fmt.Errorf("it unpacks to more than %d MB", maxChart>>20)
		case errors.Is(err, io.EOF):
			return files, nil
		case err != nil:
			return nil, fmt.Errorf("not a chart archive: %w", err)
		}
		_, name, inFolder := strings.Cut(path.Clean(header.Name), "/")
		if header.Typeflag != tar.TypeReg || !inFolder || strings.HasPrefix(path.Clean(name), "..") {
			continue
		}
		if files[name], err = io.ReadAll(in); err != nil {
			return nil, fmt.Errorf("not a whole chart archive: %w", err)
		}
	}
}
