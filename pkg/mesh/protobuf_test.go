package mesh

import (
	"encoding/json"
	"net/http"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/streaming"
	"k8s.io/client-go/rest"
)

// wire encodes as a real API server does for whoever asks for protobuf.
type wire struct {
	clients *clients
	info    runtime.SerializerInfo
}

func newWire() *wire {
	c, err := newClients(&rest.Config{Host: "http://127.0.0.1:1"})
	if err != nil {
		panic(err)
	}
	for _, info := range c.codecs.SupportedMediaTypes() {
		if info.MediaType == protobuf {
			return &wire{c, info}
		}
	}
	panic("there is no protobuf")
}

// wants tells whether a request is to be answered so.
func (p *wire) wants(r *http.Request) bool {
	return p != nil && strings.Contains(r.Header.Get("Accept"), protobuf) && !strings.Contains(r.Header.Get("Accept"), "as=Partial")
}

// typed makes an object of its Go type of one as JSON has it.
func (p *wire) typed(o any) runtime.Object {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	out, _, err := p.clients.codecs.UniversalDeserializer().Decode(text, nil, nil)
	if err != nil {
		panic(err)
	}
	return out
}

func (p *wire) encode(o runtime.Object) []byte {
	text, err := runtime.Encode(p.clients.codecs.EncoderForVersion(p.info.Serializer, o.GetObjectKind().GroupVersionKind().GroupVersion()), o)
	if err != nil {
		panic(err)
	}
	return text
}

// stream gives what writes the events of a watch.
func (p *wire) stream(w http.ResponseWriter) func(fakeEvent) {
	w.Header().Set("Content-Type", protobuf+";stream=watch")
	frames := p.info.StreamSerializer.Framer.NewFrameWriter(w)
	out := streaming.NewEncoder(frames, p.clients.codecs.EncoderForVersion(p.info.StreamSerializer.Serializer, schema.GroupVersion{Version: "v1"}))
	return func(e fakeEvent) {
		event := &metav1.WatchEvent{Type: e.Type, Object: runtime.RawExtension{Raw: p.encode(p.typed(e.Object))}}
		if err := out.Encode(event); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}
