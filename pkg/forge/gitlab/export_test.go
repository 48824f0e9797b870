package gitlab

// Require makes Merge want these checks.
func (f *Forge) Require(names ...string) { f.o.RequiredChecks = append(f.o.RequiredChecks, names...) }

// Pack, Unpack and Sendable are what the text of notes and descriptions goes through.
var (
	Pack     = pack
	Unpack   = unpack
	Sendable = sendable
)
