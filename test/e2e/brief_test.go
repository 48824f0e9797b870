package e2e_test

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/test/e2e/istiod"
)

// TestAPodThatComesAndGoesBetweenTwoLooksBreaksTheSoak has a pod injected by the old control plane, by a label of its own, start in a wave that has moved, and go again. Nothing
// of it is left at the next look.
func TestAPodThatComesAndGoesBetweenTwoLooksBreaksTheSoak(t *testing.T) {
	live.installCanary(t)
	live.namespace(t, "loose", nil)
	live.pod(t, "loose", "web", func(p *corev1.Pod) { p.Labels["istio.io/rev"] = canary.Revision })
	live.ready(t, "loose", 1)
	e := live.eyesOf(t, istiod.Namespace, observerAccount)
	gate := checks.Moved(upgrade, checks.Scope{Name: "wave", Namespaces: []string{"loose"}}, old, canary, checks.Effects{}, time.Hour)
	before, r := e.until(t, gate, checks.Pass)
	clock := checks.SoakClock{}.Sample(before.At, r, time.Hour)

	live.pod(t, "loose", "brief", func(p *corev1.Pod) { p.Labels["istio.io/rev"] = old.Revision })
	live.ready(t, "loose", 2)
	if err := live.Client.CoreV1().Pods("loose").Delete(t.Context(), "brief", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	live.await(t.Context(), t, "brief is gone", func(ctx context.Context) error { return none(ctx, live.Client, "loose", "brief") })

	after, r := e.until(t, gate, checks.Pass)
	if len(after.Departed) != 1 || after.Departed[0].Name != "brief" || after.Departed[0].Revision != old.Revision || after.Departed[0].Unseen {
		t.Errorf("got %+v departed, want brief, which the old istiod injected", after.Departed)
	}
	next := clock.Sample(after.At, r, time.Hour)
	if next.Resets != 1 || next.GreenSince.Before(after.Departed[0].Gone) {
		t.Errorf("got a soak since %s with %d resets, want that it begins after brief had gone at %s", next.GreenSince, next.Resets, after.Departed[0].Gone)
	}
}
