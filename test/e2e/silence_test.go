package e2e_test

import (
	"context"
	"strings"
	"syscall"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/test/e2e/istiod"
	"github.com/linnet-bot/linnet/test/e2e/proxies"
)

// shop is a namespace with three proxies on the built-in istiod, for as long as a test lasts.
func (w *world) shop(t *testing.T) {
	t.Helper()
	w.namespace(t, "shop", map[string]string{"istio-injection": "enabled"})
	w.deployment(t, "shop", "web", 3)
	w.ready(t, "shop", 3)
}

// says wants words in a verdict.
func says(t *testing.T, r checks.Result, words ...string) {
	t.Helper()
	text := strings.Join(strings.Fields(checks.Text(r, 4000)), " ")
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q is not said in:\n%s", word, checks.Text(r, 160))
		}
	}
}

// env changes an environment variable of an istiod, which rolls it; "" takes it away.
func (w *world) env(ctx context.Context, t *testing.T, deployment, name, value string) {
	t.Helper()
	entry := `{"name":"` + name + `","value":"` + value + `"}`
	if value == "" {
		entry = `{"$patch":"delete","name":"` + name + `"}`
	}
	body := `{"spec":{"template":{"spec":{"containers":[{"name":"discovery","env":[` + entry + `]}]}}}}`
	if _, err := w.Client.AppsV1().Deployments(istiod.Namespace).Patch(ctx, deployment, types.StrategicMergePatchType, []byte(body), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := w.awaitRollout(ctx, istiod.Namespace, deployment); err != nil {
		t.Fatal(err)
	}
	w.await(ctx, t, "the istiods before are gone", func(ctx context.Context) error { return terminated(ctx, w, deployment) })
}

// setting is env for as long as a test lasts.
func (w *world) setting(t *testing.T, deployment, name, value string) {
	t.Helper()
	w.env(t.Context(), t, deployment, name, value)
	t.Cleanup(func() { w.env(context.Background(), t, deployment, name, "") })
}

// TestAnIstiodThatHidesProxiesIsNeverBelieved has an observer elsewhere than in istiod's namespace. The real istiod answers it with an empty list and no error.
func TestAnIstiodThatHidesProxiesIsNeverBelieved(t *testing.T) {
	live.shop(t)
	live.namespace(t, "elsewhere", nil)
	e := live.eyesOf(t, "elsewhere", "watcher")
	seen := e.look(t)
	for _, it := range seen.Istiods {
		if !it.Answered || it.Filtered == "" || len(it.Connections) != 0 {
			t.Errorf("got %+v, want an answer that is filtered and empty", it)
		}
	}
	for _, gate := range []checks.Gate{checks.Preflight(upgrade), moved(old, "shop"), checks.Unused(upgrade, old, 0), checks.Unused(upgrade, canary, 0)} {
		if r := gate.Evaluate(seen, checks.Merge{}); r.Verdict != checks.Unknown && r.Verdict != checks.Fail {
			t.Errorf("%s is %s", gate.Name, r.Verdict)
		}
	}
	says(t, moved(old, "shop").Evaluate(seen, checks.Merge{}), "hides proxies of other namespaces", "run the observer in istiod's namespace", "DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES")

	t.Run("with the remedy that is named", func(t *testing.T) {
		live.setting(t, "istiod", "DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES", "elsewhere")
		seen, r := e.until(t, moved(old, "shop"), checks.Pass)
		live.agree(t, r, old, "shop")
		if it := seen.Istiods[0]; it.Filtered != "" || len(it.Connections) != 3 {
			t.Errorf("got %+v", it)
		}
	})
}

// TestWithoutDebugPagesEverythingIsStillSeen turns off all that istiod has on HTTP, as hardening guides ask.
func TestWithoutDebugPagesEverythingIsStillSeen(t *testing.T) {
	live.shop(t)
	live.namespace(t, "elsewhere", nil)
	live.setting(t, "istiod", "ENABLE_DEBUG_ON_HTTP", "false")
	e := live.eyesOf(t, istiod.Namespace, observerAccount)
	_, r := e.until(t, moved(old, "shop"), checks.Pass)
	live.agree(t, r, old, "shop")

	outside := live.eyesOf(t, "elsewhere", "watcher")
	seen := outside.look(t)
	if it := seen.Istiods[0]; !it.Answered || it.Filtered == "" || len(it.Connections) != 0 {
		t.Errorf("from elsewhere: got %+v", it)
	}
	if r := moved(old, "shop").Evaluate(seen, checks.Merge{}); r.Verdict != checks.Unknown {
		t.Errorf("from elsewhere it is %s", r.Verdict)
	}
}

// TestAnIstiodThatHangsOrIsGoneMakesItUnknown has one of two replicas of the canary stop, be killed, and come back.
func TestAnIstiodThatHangsOrIsGoneMakesItUnknown(t *testing.T) {
	live.shop(t)
	live.installCanary(t)
	live.label(t, "shop", toCanary)
	live.restart(t, "shop", "deployments", "web", "1")
	e := live.eyesOf(t, istiod.Namespace, observerAccount)
	_, r := e.until(t, moved(canary, "shop"), checks.Pass)
	live.agree(t, r, canary, "shop")
	pod := live.istiods.Pods("istiod-" + canary.Revision)[0]

	t.Run("it hangs", func(t *testing.T) {
		live.istiods.Signal(pod, syscall.SIGSTOP)
		defer live.istiods.Signal(pod, syscall.SIGCONT)
		_, r := e.until(t, moved(canary, "shop"), checks.Unknown)
		says(t, r, "istiod pod "+pod+" ("+canary.Revision+") did not answer")
		t.Log(checks.Summary(r))
	})
	_, r = e.until(t, moved(canary, "shop"), checks.Pass)
	live.agree(t, r, canary, "shop")

	t.Run("it is gone", func(t *testing.T) {
		live.istiods.Hold(true)
		defer live.istiods.Hold(false)
		live.istiods.Process(pod).Kill()
		_, r := e.until(t, moved(canary, "shop"), checks.Unknown)
		says(t, r, "istiod pod "+pod+" ("+canary.Revision+") did not answer", "cannot be reached")
		t.Log(checks.Summary(r))
	})
	_, r = e.until(t, moved(canary, "shop"), checks.Pass)
	live.agree(t, r, canary, "shop")
}

// TestProxiesThatDoNotObeyAreNamed has one that rejects what it is sent, one that accepts nothing any more, and one that is not there.
func TestProxiesThatDoNotObeyAreNamed(t *testing.T) {
	for _, row := range []struct {
		behaviour string
		want      checks.Verdict
		words     string
	}{
		{proxies.Rejects, checks.Fail, "rejects what istiod sends: "},
		{proxies.Silent, checks.Wait, "is not in sync (STALE)"},
		{proxies.Away, checks.Unknown, "connected to no istiod that answered"},
	} {
		t.Run(row.behaviour, func(t *testing.T) {
			live.shop(t)
			live.deployment(t, "shop", "odd", 1, func(d *appsv1.Deployment) { d.Spec.Template = behaving(d.Spec.Template, row.behaviour) })
			live.ready(t, "shop", 4)
			e := live.eyesOf(t, istiod.Namespace, observerAccount)
			if row.behaviour == proxies.Silent {
				e.until(t, moved(old, "shop"), checks.Pass)
				live.fleet.Quiet(true)
				defer live.fleet.Quiet(false)
				live.push(t)
			}
			_, r := e.until(t, moved(old, "shop"), row.want)
			says(t, r, row.words)
			for _, s := range checks.Stragglers(r) {
				if s.Name != "odd" {
					t.Errorf("%s/%s is named: %s", s.Kind, s.Name, s.Reason)
				}
			}
			t.Log(checks.Summary(r))
		})
	}
}

// push makes the istiods send something to everybody: a new Service.
func (w *world) push(t *testing.T) {
	t.Helper()
	_, err := w.Client.CoreV1().Services("shop").Create(t.Context(), &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: corev1.ServiceSpec{
		Selector: map[string]string{"app": "web"}, Ports: []corev1.ServicePort{{Name: "http", Port: 80}}}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}
