package miniature

import (
	"strings"
	"time"
)

// release is one umbrella version: what the placeholders of its files stand for.
type release struct {
	version   string
	istio     string // Istio version without the package suffix
	grafana   string
	overrides string // folder below umbrella/ whose files replace the common ones
	tagged    time.Time
	after     string // the release whose commit is its parent; "" for the first
}

// releases in ascending order of version. 3.18.1 is a backport: tagged a week after 3.19.0, on a line of its own.
var releases = []release{
	{version: "3.17.0", istio: "1.28.2", grafana: "10.5.5-bb.0", tagged: day(2026, time.February, 5)},
	{version: "3.18.0", istio: "1.28.3", grafana: "10.5.8-bb.0", tagged: day(2026, time.February, 19), after: "3.17.0"},
	{version: "3.18.1", istio: "1.28.3", grafana: "10.5.8-bb.1", tagged: day(2026, time.March, 12), after: "3.18.0"},
	{version: "3.19.0", istio: "1.29.0", grafana: "10.5.8-bb.1", overrides: "3.19.0", tagged: day(2026, time.March, 5), after: "3.18.0"},
}

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 12, 0, 0, 0, time.UTC)
}

func (r release) placeholders() *strings.Replacer {
	return strings.NewReplacer(
		"@RELEASE@", r.version,
		"@ISTIO@", r.istio,
		"@GRAFANA@", r.grafana,
	)
}
