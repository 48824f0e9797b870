package transport

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

func TestKnownSecretsAreHiddenInEveryForm(t *testing.T) {
	const secret = `p+/ss w"rd&ü<x>`
	r := NewRedactor(secret, "secretive", "secret", "abc")
	quoted, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"raw": secret, "query": url.QueryEscape(secret), "path": url.PathEscape(secret), "lower-case hex": lowerHex.ReplaceAllStringFunc(url.QueryEscape(secret), strings.ToLower), "JSON": string(quoted),
	} {
		if got := r.String("before " + text + " after"); !strings.Contains(got, redacted) || strings.Contains(got, "rd") || strings.Contains(got, "p+") {
			t.Errorf("%s: got %s", name, got)
		}
	}
	for _, user := range []string{"", "u", "ab", "abc:", "oauth2:"} {
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
			text := enc.EncodeToString([]byte(user + secret + user))
			if got := r.String(text); !strings.Contains(got, redacted) || len(strings.ReplaceAll(got, redacted, "")) > 2*len(user)+8 {
				t.Errorf("base64 with %q around: %s became %s", user, text, got)
			}
		}
	}
	if got := r.String("secretive abc"); got != redacted+" abc" {
		t.Errorf("got %q: the longest is hidden, one that is too short is not", got)
	}
}

func TestWhatLooksLikeATokenIsHidden(t *testing.T) {
	r := NewRedactor()
	for _, token := range []string{"ghp_abcDEF123", "gho_a1", "ghu_a1", "ghs_12345_eyJhbGciOi.eyJpc3MiOi.c2ln-_", "ghr_a1", "github_pat_11AB_cd", "glpat-a-B_c.01.x", "whsec_MfKQ9r8+/=", "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.c2ln-_x"} {
		if got := r.String("token=" + token + ", then"); got != "token="+redacted+", then" {
			t.Errorf("%s: got %s", token, got)
		}
	}
	const plain = "ghost writers, glpattern, a.b.c and eyJ alone"
	if got := r.String(plain); got != plain {
		t.Errorf("got %s, want it as it was", got)
	}
}

func TestASecretWrittenInPiecesIsHidden(t *testing.T) {
	var out strings.Builder
	r := NewRedactor("open sesame")
	w := r.Writer(&out)
	for _, piece := range []string{"say open", " sesame\nand gh", "p_abc\nlast: open se", "same"} {
		if n, err := w.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatal(n, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "say [redacted]\nand [redacted]\nlast: [redacted]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestALongLineIsNotHeldForever(t *testing.T) {
	var out strings.Builder
	w := NewRedactor("hunter22").Writer(&out)
	if _, err := w.Write([]byte(strings.Repeat("x ", longestLine/2) + " hunt")); err != nil {
		t.Fatal(err)
	}
	if out.Len() == 0 {
		t.Error("nothing was passed on")
	}
	if _, err := w.Write([]byte("er22\n")); err != nil || strings.Contains(out.String(), "hunt") {
		t.Errorf("the secret at its end got out: %v", err)
	}
}

func FuzzRedactor(f *testing.F) {
	f.Add("hunter22", "the password is ", "!")
	f.Add("line one\nline two", "ghp_x", "eyJ.a.b")
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		secret = strings.TrimSpace(secret)
		if len(secret) < shortestSecret || strings.ContainsAny(secret, "[]") || strings.Contains(redacted, secret) {
			t.Skip()
		}
		r := NewRedactor(secret)
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			text := before + form + after
			got := r.String(text)
			if strings.Contains(got, form) {
				t.Errorf("%q is still in %q", form, got)
			}
			var out strings.Builder
			w := r.Writer(&out)
			for _, c := range []byte(text) {
				_, _ = w.Write([]byte{c})
			}
			if _ = w.Close(); !strings.Contains(secret, "\n") && strings.Contains(out.String(), form) {
				t.Errorf("%q is still in what was written, %q", form, out.String())
			}
		}
	})
}

func TestOnlyValuesThatItWasToldAreHeld(t *testing.T) {
	const secret = "hunter2/hunter2"
	r := NewRedactor(secret)
	for text, want := range map[string]bool{
		"": false, "hunter2": false, "a " + secret + " b": true, url.QueryEscape(secret): true,
		base64.StdEncoding.EncodeToString([]byte("user:" + secret)): true, "glpat-ABCDEFGHIJKLMNOPQRST": false,
	} {
		if got := r.Holds(text); got != want {
			t.Errorf("Holds(%q) = %v, want %v", text, got, want)
		}
	}
}
