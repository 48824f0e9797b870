package transport

import (
	"net/http"
	"testing"
)

// A list that has grown by a page begins as it did before. Were the links of the old answer kept, nobody would ever see the second page.
func TestAFirstPageThatHasNotChangedTellsOfANewSecondOne(t *testing.T) {
	const next = `<https://forge.example/pulls?page=2>; rel="next"`
	f := &fake{says: func(n int, _ *http.Request) (*http.Response, error) {
		switch n {
		case 1:
			return say(200, "[]", "ETag", `"v1"`, "Content-Type", "application/json"), nil
		case 2:
			return say(304, "", "ETag", `"v1"`, "Content-Type", "text/html", "Link", next, "X-Next-Page", "2"), nil
		default:
			return say(304, "", "ETag", `"v1"`, "X-Next-Page", ""), nil
		}
	}}
	tr := over(f)
	for i, want := range []struct{ link, page string }{{"", ""}, {next, "2"}, {"", ""}} {
		response, err := tr.RoundTrip(request(t, "GET", "/pulls"))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		h := response.Header
		if response.StatusCode != 200 || h.Get("Link") != want.link || h.Get("X-Next-Page") != want.page || h.Get("Content-Type") != "application/json" {
			t.Errorf("answer %d: got %d %v, want the links %v", i+1, response.StatusCode, h, want)
		}
	}
}
