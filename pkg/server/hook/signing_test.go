package hook

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const otherSigning = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="

func TestASignatureOfGitLabIsGoodForFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			age  time.Duration
			want int
		}{{0, 202}, {oldest, 202}, {oldest + time.Second, 401}, {-oldest, 202}, {-oldest - time.Second, 401}, {1 << 62, 401}} {
			p := gitlab(t, nil, fixed(testSigning))
			p.wants(t, signed(gitlabRequest("Note Hook", "d-1", gitlabNewNote), gitlabNewNote, time.Now().Add(-c.age), testSigning), c.want)
		}
	})
}

func TestOneOfSeveralSignaturesAndKeysIsEnough(t *testing.T) {
	for name, c := range map[string]struct {
		keys, signers []string
		want          int
	}{
		"the forge signs with both":  {[]string{testSigning}, []string{otherSigning, testSigning}, 202},
		"the file holds both":        {[]string{otherSigning, testSigning}, []string{testSigning}, 202},
		"neither":                    {[]string{testSigning}, []string{otherSigning, otherSigning}, 401},
		"hidden behind many others":  {[]string{testSigning}, append(strings.Fields(strings.Repeat(otherSigning+" ", mostSignatures)), testSigning), 401},
		"nobody signs":               {[]string{testSigning}, nil, 401},
		"the bot signs with nothing": {[]string{testSigning}, []string{"whsec_"}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			p := gitlab(t, fixed(testSecret), fixed(c.keys...))
			p.wants(t, signed(withToken(gitlabRequest("Note Hook", "d-1", gitlabNewNote)), gitlabNewNote, time.Now(), c.signers...), c.want)
		})
	}
}

// Each request carries the right token.
func TestASignatureThatIsThereIsNeverReplacedByTheToken(t *testing.T) {
	set := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = values }
	}
	for name, change := range map[string]func(*http.Request){
		"empty":             set("Webhook-Signature", ""),
		"another version":   set("Webhook-Signature", "v1a,AAAA"),
		"no base64":         set("Webhook-Signature", "v1,%%%"),
		"cut":               set("Webhook-Signature", "v1,AAAA"),
		"no time":           set("Webhook-Timestamp"),
		"a time of words":   set("Webhook-Timestamp", "now"),
		"two times":         set("Webhook-Timestamp", "1", "2"),
		"no id":             set("Webhook-Id"),
		"an empty id":       set("Webhook-Id", ""),
		"an id with a dot":  set("Webhook-Id", "d.1"),
		"an endless id":     set("Webhook-Id", strings.Repeat("d", 129)),
		"another id":        set("Webhook-Id", "d-2"),
		"two of the header": set("Webhook-Signature", "v1,AAAA", "v1,AAAA"),
	} {
		t.Run(name, func(t *testing.T) {
			p := gitlab(t, fixed(testSecret), fixed(testSigning))
			r := signed(withToken(gitlabRequest("Note Hook", "d-1", gitlabNewNote)), gitlabNewNote, time.Now(), testSigning)
			change(r)
			p.wants(t, r, 401)
		})
	}
	t.Run("no key to check it with", func(t *testing.T) {
		p := gitlab(t, fixed(testSecret), nil)
		p.wants(t, signed(withToken(gitlabRequest("Note Hook", "d-1", gitlabNewNote)), gitlabNewNote, time.Now(), testSigning), 401)
	})
	t.Run("without one the token counts", func(t *testing.T) {
		p := gitlab(t, fixed(testSecret), fixed(testSigning))
		p.wants(t, withToken(gitlabRequest("Note Hook", "d-1", gitlabNewNote)), 202)
	})
	t.Run("without one and without a token to compare", func(t *testing.T) {
		p := gitlab(t, nil, fixed(testSigning))
		p.wants(t, withToken(gitlabRequest("Note Hook", "d-1", gitlabNewNote)), 401)
	})
}

// The value is the example of the Standard Webhooks specification, so that signer and verifier cannot be wrong together.
func TestTheSpecificationsExampleIsAuthentic(t *testing.T) {
	body := `{"test": 2432232314}`
	p := &place{memory: NewMemory()}
	o := p.options()
	o.Now = func() time.Time { return time.Unix(1614265330, 0) }
	h, err := NewGitLab(nil, fixed("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), o)
	if err != nil {
		t.Fatal(err)
	}
	p.Handler = h
	r := gitlabRequest("Note Hook", "", body)
	r.Header.Set("Webhook-Id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
	r.Header.Set("Webhook-Timestamp", "1614265330")
	r.Header.Set("Webhook-Signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	p.wants(t, r, 202)
}

// The value is GitHub's own, from its page on validating deliveries.
func TestGitHubsExampleIsAuthentic(t *testing.T) {
	p := &place{memory: NewMemory()}
	h, err := NewGitHub(fixed("It's a Secret to Everybody"), p.options())
	if err != nil {
		t.Fatal(err)
	}
	p.Handler = h
	r := githubRequest("ping", "d-1", "Hello, World!")
	r.Header.Set("X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
	p.wants(t, r, 202)
}

func TestASigningTokenThatIsNoneIsRefused(t *testing.T) {
	for _, key := range []string{"whsec_", "whsec_%%%", strings.TrimPrefix(testSigning, "whsec_"), "secret"} {
		_, err := NewGitLab(nil, fixed(key), (&place{memory: NewMemory()}).options())
		if err == nil {
			t.Errorf("the signing token %q is taken", key)
		} else if key != "whsec_" && strings.Contains(err.Error(), key) {
			t.Errorf("the error holds the signing token: %v", err)
		}
	}
}
