package splice

import "bytes"

// Get reads the scalar at p. Reading through an alias or a merged key is refused like editing there, so that a place found is one that can
// be edited; the refusal names where the anchor is. Use Absent to tell "not there" from "cannot be read".
func Get(src []byte, p Path) (Scalar, error) {
	at, r := resolve(src, p)
	if r != nil {
		return Scalar{}, r
	}
	s, f := at.scalarAt()
	if f != nil {
		return Scalar{}, at.refuse(p, f)
	}
	n := at.node()
	if at.ref != nil {
		m, ok := at.t.offsets(n, at.columnAround(len(at.chain)-1))
		if !ok {
			return Scalar{}, at.refuse(p, faultf(s.start, "the URL here is folded in a way that cannot be mapped; write it on one line"))
		}
		return at.describe(src, span{m[at.ref.start], m[at.ref.end]}, n.Value[at.ref.start:at.ref.end]), nil
	}
	return at.describe(src, s, n.Value), nil
}

// scalarAt finds the text of the scalar reached.
func (l *level) scalarAt() (span, *fault) {
	if f := l.single(); f != nil {
		return span{}, f
	}
	n := l.node()
	s, ok := l.t.scalar(n, l.columnAround(len(l.chain)-1))
	if !ok {
		return span{}, faultf(l.t.offset(n), "where this value ends in the text cannot be told; write it in a simpler form")
	}
	return s, nil
}

// describe gives a span of this level in terms of the file.
func (l *level) describe(src []byte, s span, value string) Scalar {
	n := l.node()
	start, end := l.offsetInFile(s.start), l.offsetInFile(s.end)
	if end < start {
		end = start
	}
	file := l
	for file.outer != nil {
		file = file.outer
	}
	line, col := file.t.position(start)
	shift := len(src) - len(bytes.TrimPrefix(src, bom))
	return Scalar{
		Value: value, Raw: src[start+shift : end+shift], Style: styleOf(n), Tag: n.ShortTag(),
		Start: start + shift, End: end + shift, Line: line, Col: col,
	}
}
