package syncz

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// withoutTypes compares connections of which the types are another test's.
var withoutTypes = cmpopts.IgnoreFields(checks.Connection{}, "Types")

func TestEveryTypeIsTold(t *testing.T) {
	c := sidecar("web-0.shop", "1.29.3")
	c.watched[routeType] = exchange{Sent: "9", Acked: "3"}
	c.watched[listenerType] = exchange{Sent: "9", Acked: "2", Error: "no such filter"}
	c.watched[endpointType] = exchange{}
	if got, want := toldBy(t, "1.29.3", c).Types, "CDS EDS=NOT_SENT LDS=ERROR RDS=STALE"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := toldBy(t, "1.10.3", c).Types, "LDS=STALE RDS=STALE EDS=NOT_SENT CDS"; got != want {
		t.Errorf("of the deprecated generation: got %q, want %q", got, want)
	}
	c.watched = map[string]exchange{"type.googleapis.com/a b": {Sent: "1"}}
	if got := toldBy(t, "1.29.3", c).Types; strings.Contains(got, " ") {
		t.Errorf("one type was told as %q", got)
	}
}
