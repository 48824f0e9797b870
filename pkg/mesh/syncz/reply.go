package syncz

import (
	"encoding/binary"
	"fmt"
	"io"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// reply is an envoy.service.discovery.v3.DiscoveryResponse whose resources are handed over one by one while it is read.
type reply struct {
	typeURL    string
	identifier string // of the control plane
	resources  int
	// each gets the kind and the value of a resource, which are good until it returns. Its first error is kept.
	each func(kind, value []byte) error
	err  error
}

// codec writes requests as always and reads replies. It has the name of gRPC's own, since the wire is the same.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(v any) (mem.BufferSlice, error) {
	m, ok := v.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("%T is no message", v)
	}
	data, err := proto.Marshal(m)
	if err != nil {
		return nil, err
	}
	return mem.BufferSlice{mem.SliceBuffer(data)}, nil
}

func (codec) Unmarshal(data mem.BufferSlice, v any) error {
	r, ok := v.(*reply)
	if !ok {
		return fmt.Errorf("%T is no reply", v)
	}
	in := data.Reader()
	defer in.Close()
	if err := r.read(in); err != nil {
		r.err = fmt.Errorf("its answer %w", errGarbled)
	}
	return nil
}

// read goes through the fields of the response. Only one resource is in a piece at a time.
func (r *reply) read(in *mem.Reader) error {
	var piece []byte
	for in.Remaining() > 0 {
		tag, err := binary.ReadUvarint(in)
		if err != nil {
			return err
		}
		num, kind := protowire.DecodeTag(tag)
		if num < protowire.MinValidNumber {
			return errGarbled
		}
		if kind != protowire.BytesType {
			if err := skip(in, kind); err != nil {
				return err
			}
			continue
		}
		size, err := binary.ReadUvarint(in)
		if err != nil {
			return err
		}
		if size > uint64(in.Remaining()) {
			return io.ErrUnexpectedEOF
		}
		if uint64(cap(piece)) < size {
			piece = make([]byte, size, 2*size)
		}
		piece = piece[:size]
		if _, err := io.ReadFull(in, piece); err != nil {
			return err
		}
		switch num {
		case 2:
			r.resource(piece)
		case 4:
			r.typeURL = string(piece)
		case 6:
			s := scan{rest: piece}
			for s.next() {
				if s.message(1) {
					r.identifier = string(s.data)
				}
			}
			if s.bad {
				return errGarbled
			}
		}
	}
	return nil
}

// resource hands over a google.protobuf.Any.
func (r *reply) resource(data []byte) {
	var kind, value []byte
	s := scan{rest: data}
	for s.next() {
		switch {
		case s.message(1):
			kind = s.data
		case s.message(2):
			value = s.data
		}
	}
	err := errGarbled
	if !s.bad {
		err = r.each(kind, value)
	}
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("resource %d of its answer %w", r.resources, err)
	}
	r.resources++
}

func skip(in *mem.Reader, kind protowire.Type) error {
	var err error
	switch kind {
	case protowire.VarintType:
		_, err = binary.ReadUvarint(in)
	case protowire.Fixed32Type:
		_, err = in.Discard(4)
	case protowire.Fixed64Type:
		_, err = in.Discard(8)
	default:
		err = errGarbled
	}
	return err
}
