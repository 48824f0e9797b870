package splice

// Get reads the scalar at p.
func Get(src []byte, p Path) (Scalar, error) { return Scalar{}, notYet(p) }

// Set replaces the scalar at p.
func Set(src []byte, p Path, value string) ([]byte, error) { return nil, notYet(p) }

// InsertItem puts an item into a list.
func InsertItem(src []byte, list Path, at int, item string) ([]byte, error) { return nil, notYet(list) }

// RemoveItem takes an item out of a list.
func RemoveItem(src []byte, item Path) ([]byte, error) { return nil, notYet(item) }

// InsertKey appends an entry to a mapping.
func InsertKey(src []byte, mapping Path, key, value string) ([]byte, error) {
	return nil, notYet(mapping)
}

// RemoveKey takes an entry out of a mapping.
func RemoveKey(src []byte, entry Path) ([]byte, error) { return nil, notYet(entry) }

// Walk visits every scalar.
func Walk(src []byte, visit func(Path, Scalar)) error { return notYet(nil) }

// Line converts a byte offset.
func Line(src []byte, offset int) (line, col int) { return 0, 0 }

func notYet(p Path) error { return &Refusal{Path: p.String(), Reason: "not written yet"} }
