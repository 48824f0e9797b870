package nearest

import "testing"

func TestWord(t *testing.T) {
	known := []string{"policy", "path", "waves", "gateways", "kubernetesVersion"}
	for _, tc := range []struct{ name, word, want string }{
		{"letter missing", "polcy", "policy"},
		{"letter too many", "policcy", "policy"},
		{"neighbours swapped", "wavse", "waves"},
		{"case", "kubernetesversion", "kubernetesVersion"},
		{"one letter of four", "pats", "path"},
		{"another word", "zebra", ""},
		{"short word is not near everything", "x", ""},
		{"empty", "", ""},
		{"not ASCII", "wäves", "waves"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Word(tc.word, known); got != tc.want {
				t.Errorf("Word(%q) = %q, want %q", tc.word, got, tc.want)
			}
		})
	}
}

func TestNearestOfSeveralWins(t *testing.T) {
	if got := Word("gatewas", []string{"gateway", "gateways"}); got != "gateway" {
		t.Errorf("Word = %q, want the first of two equally near words", got)
	}
	if got := Word("gatewayss", []string{"gateway", "gateways"}); got != "gateways" {
		t.Errorf("Word = %q, want the nearer word", got)
	}
}
