package charts_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

var flagName = regexp.MustCompile(`(?m)^ +(?:-\w, )?--([a-z0-9-]+)`)

// The command lines that the chart writes are put before the real program.
func TestTheProgramKnowsItsFlags(t *testing.T) {
	if testing.Short() {
		t.Skip("this builds the program")
	}
	program := filepath.Join(t.TempDir(), "linnet")
	if out, err := exec.Command("go", "build", "-o", program, "../cmd/bot").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	for name, text := range installations {
		m := mustRender(t, text)
		for _, d := range of[appsv1.Deployment](t, m, "Deployment") {
			t.Run(name+"/"+d.Name, func(t *testing.T) {
				args := d.Spec.Template.Spec.Containers[0].Args
				help, err := exec.Command(program, args[0], "--help").Output()
				if err != nil {
					t.Fatalf("linnet %s --help: %v", args[0], err)
				}
				known := map[string]bool{}
				for _, found := range flagName.FindAllSubmatch(help, -1) {
					known[string(found[1])] = true
				}
				for _, arg := range args[1:] {
					flag, value, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
					if !known[flag] || value == "" {
						t.Errorf("linnet %s does not know %s; it knows %v", args[0], arg, known)
					}
				}
				if args[0] == "observe" {
					tryObserve(t, program, args)
					return
				}
				for _, c := range of[corev1.ConfigMap](t, m, "ConfigMap") {
					file := filepath.Join(t.TempDir(), "linnet.yaml")
					if err := os.WriteFile(file, []byte(c.Data["linnet.yaml"]), 0o600); err != nil {
						t.Fatal(err)
					}
					if out, err := exec.Command(program, "config", "check", file).CombinedOutput(); err != nil {
						t.Errorf("linnet config check: %v\n%s", err, out)
					}
				}
			})
		}
	}
}

// tryObserve starts the observer where there is no cluster: it must get as far as looking for one. A command line that cannot be right ends with 2.
func tryObserve(t *testing.T, program string, args []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = []string{"HOME=" + t.TempDir(), "KUBECONFIG=" + filepath.Join(t.TempDir(), "none")}
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if !errors.As(err, &ended) || ended.ExitCode() != 1 || !strings.Contains(string(out), "find the cluster") {
		t.Errorf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
