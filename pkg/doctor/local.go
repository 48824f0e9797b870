package doctor

// Local is what could be seen of a local forge that was opened: its folder is there and its database can be read.
type Local struct {
	Folder string
	Branch Known[bool] // exists
}

// Findings judges a local forge. Nobody proves who they are there, so there is nothing to say of rights.
func (l Local) Findings(s Settings) []Finding {
	var f findings
	s.Project = l.Folder
	f.ok("forge", l.Folder, "the folder holds a local forge, and its database can be read")
	f.branch(l.Branch, s, "the repository in the folder")
	return f.list
}

// Shut is all that is found where a forge cannot even be opened: a file of the configuration is not what it should be.
func Shut(why string) []Finding {
	var f findings
	f.fail("credentials", "forge of the configuration", "correct what it names", "the forge cannot be opened: %s", why)
	f.unknown("forge", "forge of the configuration", "correct that first", "nothing of the forge could be looked at", "")
	return f.list
}
