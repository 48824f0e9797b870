package gitops

// Text is the page that `linnet inspect` prints, no line longer than width columns where its words allow that.
func (r Repository) Text(width int) string { return "" }
