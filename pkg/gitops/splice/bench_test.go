package splice_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	yaml "gopkg.in/yaml.v3"

	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/gitops/splice"
)

// values writes a values file of at least size bytes in the shape of an umbrella chart's: a package per key, each with a comment per field.
func values(size int) []byte {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `# -- Everything about package %[1]d
package%[1]d:
  # -- Toggle deployment of the package
  enabled: %[2]t

  # -- Where it comes from: git or helmRepo
  sourceType: "git"

  git:
    repo: https://git.example.com/platform/packages/package%[1]d.git
    path: "./chart"
    tag: "%[1]d.28.3-bb.0"   # renovate: keep
  helmRepo:
    repoName: "registry1"
    chartName: 'package%[1]d'
    tag: %[1]d.28.3-bb.0

  # -- Values to pass through, see the package for what it understands
  values: {}
  postRenderers: []
  ingress:
    gateway: "public"
    hosts:
      - host: package%[1]d.example.com
        paths: [/, "/api"]
  script: |
    set -e
    echo "package %[1]d"

`, i, i%2 == 0)
	}
	return []byte(b.String())
}

// 89 kB is the size of the umbrella's own values file.
const umbrellaSize = 89 << 10

func benchmarkSet(b *testing.B, src []byte, p splice.Path) {
	got, err := splice.Set(src, p, "1.29.0-bb.1")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := splice.Set(src, p, "1.29.0-bb.1"); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(changedAnywhere(src, got)), "changed-lines")
}

func benchmarkRoundTrip(b *testing.B, src []byte, keys ...string) {
	roundTrip := func() []byte {
		var doc yaml.Node
		if err := yaml.Unmarshal(src, &doc); err != nil {
			b.Fatal(err)
		}
		at := doc.Content[0]
		for _, key := range keys {
			for i := 0; i < len(at.Content); i += 2 {
				if at.Content[i].Value == key {
					at = at.Content[i+1]
					break
				}
			}
		}
		at.Value = "1.29.0-bb.1"
		var out bytes.Buffer
		e := yaml.NewEncoder(&out)
		e.SetIndent(2)
		if err := e.Encode(&doc); err != nil {
			b.Fatal(err)
		}
		return out.Bytes()
	}
	got := roundTrip()
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		roundTrip()
	}
	b.ReportMetric(float64(changedAnywhere(src, got)), "changed-lines")
}

// changedAnywhere counts the lines of a that b does not have, in order, as a line diff without moves would.
func changedAnywhere(a, b []byte) int {
	x, y := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	row := make([]int, len(y)+1)
	for i := range x {
		diagonal := 0
		for j := range y {
			above := row[j+1]
			if bytes.Equal(x[i], y[j]) {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return len(x) - row[len(y)]
}

func BenchmarkSetOneTag89kB(b *testing.B) {
	b.Run("generated", func(b *testing.B) { benchmarkSet(b, values(umbrellaSize), path("package60", "git", "tag")) })
	b.Run("umbrella", func(b *testing.B) { benchmarkSet(b, umbrella(b), path("istiod", "git", "tag")) })
}

func BenchmarkYAMLv3RoundTrip(b *testing.B) {
	b.Run("generated", func(b *testing.B) { benchmarkRoundTrip(b, values(umbrellaSize), "package60", "git", "tag") })
	b.Run("umbrella", func(b *testing.B) { benchmarkRoundTrip(b, umbrella(b), "istiod", "git", "tag") })
}

func umbrella(b *testing.B) []byte {
	src, err := os.ReadFile(filepath.Join(shareddata.Path(b, "bigbang", "3.30.0", "chart"), "values.yaml"))
	if err != nil {
		b.Skip(err)
	}
	return src
}
