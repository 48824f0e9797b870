package planner

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/release"
)

// What an umbrella refuses must be known before the first phase, not at bump.
func TestKubernetesMustSatisfyIstioAndBothUmbrellas(t *testing.T) {
	rows := []struct {
		name               string
		fromIstio, toIstio string
		fromFloor, toFloor string
		wantLow, wantHigh  string
		known              bool
	}{
		{"Istio's table decides", "1.28.3", "1.29.0", ">=1.30.0-0", ">=1.30.0-0", "1.31", "1.34", true},
		{"the new umbrella asks for more", "1.28.3", "1.29.2", ">=1.32.0-0", ">=1.33.0-0", "1.33", "1.34", true},
		{"a version that the table does not know", "1.30.3", "1.99.0", ">=1.33.0-0", ">=1.35.0-0", "1.35", "", false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			b := &builder{
				course: Course{From: Version{Istio: row.fromIstio}, To: Version{Istio: row.toIstio}},
				from:   release.Release{KubeVersion: row.fromFloor}, to: release.Release{KubeVersion: row.toFloor},
			}
			low, high, known := b.kubernetesRange()
			if low != row.wantLow || high != row.wantHigh || known != row.known {
				t.Errorf("got %s to %s, known %t; want %s to %s, known %t", low, high, known, row.wantLow, row.wantHigh, row.known)
			}
		})
	}
}

func TestARefusalNamesTenBrokenValuesAndCountsTheRest(t *testing.T) {
	b := &builder{}
	violations := &render.SchemaViolations{Chart: "bigbang", Version: "3.19.0"}
	for i := range 60000 {
		violations.Errors = append(violations.Errors, render.SchemaError{Path: fmt.Sprintf("key%d", i), Message: "is not allowed here"})
	}
	err := b.explain(violations, "3.19.0", "so bump would fail")
	var refused *Refused
	if !errors.As(err, &refused) || len(refused.Findings) != mostViolations+1 {
		t.Fatalf("got %d findings, want %d and one that counts", len(refused.Findings), mostViolations)
	}
	if last := refused.Findings[mostViolations].Text; !strings.Contains(last, "59990 more places") {
		t.Errorf("the last finding is %q", last)
	}
}
