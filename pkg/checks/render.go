package checks

// Text renders a result for a terminal or a note, at most width columns wide.
func Text(r Result, width int) string { return "" }

// Summary is one line.
func Summary(r Result) string { return r.Name + ": " + r.Verdict.String() }
