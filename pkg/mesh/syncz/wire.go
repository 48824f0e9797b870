package syncz

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// An answer is read from the wire straight into connections, one proxy at a time. Through the generated types it would be in memory three times,
// with some fifty objects for each proxy; this way a mesh of 50,000 pods costs little more than the list that is kept of it.
// What is accepted is the same, which a fuzz test holds against the generated types.

// errGarbled is what is no protobuf.
var errGarbled = errors.New("is garbled")

// scan goes through the fields of one message.
type scan struct {
	rest []byte
	num  protowire.Number
	kind protowire.Type
	data []byte // of a field with a length
	n    uint64 // of a field with a number
	bad  bool   // the message ends in garbage
}

// next goes to the next field. It reports false at the end, where bad says whether that was the end.
func (s *scan) next() bool {
	if len(s.rest) == 0 {
		return false
	}
	num, kind, n := protowire.ConsumeTag(s.rest)
	if n < 0 {
		s.bad = true
		return false
	}
	s.num, s.kind, s.rest = num, kind, s.rest[n:]
	switch kind {
	case protowire.BytesType:
		s.data, n = protowire.ConsumeBytes(s.rest)
	case protowire.VarintType:
		s.n, n = protowire.ConsumeVarint(s.rest)
	default:
		n = protowire.ConsumeFieldValue(num, kind, s.rest)
	}
	if n < 0 {
		s.bad = true
		return false
	}
	s.rest = s.rest[n:]
	return true
}

// message reports whether this field has that number and a length, as strings and messages have.
func (s *scan) message(num protowire.Number) bool {
	return s.num == num && s.kind == protowire.BytesType
}

// number reports whether this field has that number and is one, as enumerations are.
func (s *scan) number(num protowire.Number) bool {
	return s.num == num && s.kind == protowire.VarintType
}
