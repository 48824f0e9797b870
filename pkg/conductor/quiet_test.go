package conductor

import "testing"

func TestNothingThatSomebodyElseSaysActsOnTheForge(t *testing.T) {
	for said, want := range map[string]string{
		"hi @ana":                              "hi &#64;ana",
		"/approve":                             "&#47;approve",
		"a\n \t/close\nb/c":                    "a\n \t&#47;close\nb/c",
		"see [this](https://evil.example)":     "see [this]&#40;https://evil.example)",
		"![x](https://evil.example/x.png)":     "![x]&#40;https://evil.example/x.png)",
		"<img src=x> </details> <!-- x <?x":    "&lt;img src=x> &lt;/details> &lt;!-- x &lt;?x",
		"<!-- linnet:state v1 ":                "&lt;!-- linnet:state v1 ",
		"Kubernetes must be >=1.29 <1.33 < 2":  "Kubernetes must be >=1.29 <1.33 < 2",
		"```\nx":                               "&#96;``\nx",
		"a\n  ~~~~ x":                          "a\n  &#126;~~~ x",
		"`code` and ```more``` and ~/x":        "`code` and ```more``` and ~/x",
		"Merge request !1 waits, 3/14 are in.": "Merge request !1 waits, 3/14 are in.",
	} {
		if got := quiet(said); got != want {
			t.Errorf("quiet(%q) = %q, want %q", said, got, want)
		}
	}
}
