package syncz

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// crowd is a large mesh on one istiod, with names as long as real ones.
func crowd(n int, version string) []*client {
	all := make([]*client, n)
	for i := range all {
		c := sidecar(fmt.Sprintf("payments-settlement-worker-%010x-%05x.team-payments-production-%02d", i*2654435761, i, i%40), version)
		c.watched[extensionType] = exchange{Sent: "5", Acked: "5"}
		for _, url := range []string{"envoy.extensions.transport_sockets.tls.v3.Secret", "istio.networking.nds.v1.NameTable", "istio.mesh.v1alpha1.ProxyConfig"} {
			c.watched["type.googleapis.com/"+url] = exchange{Sent: "6", Acked: "6"}
		}
		all[i] = c
	}
	return all
}

func TestAnAnswerWith5000ProxiesIsLongerThanGRPCsOwnLimit(t *testing.T) {
	ca := newAuthority(t)
	i := newIstiod(t, ca, "istiod-0", "1.29.3")
	i.change(func([]*client) []*client { return crowd(5000, "1.29.3") })
	if size := proto.Size(i.connections("")); size <= 4<<20 {
		t.Fatalf("the answer has %d bytes, which proves nothing", size)
	}
	a := mustAsk(t, bot(t, ca), i.target("default"))
	if len(a.Connections) != 5000 || a.Visibility.Sight != Everything {
		t.Fatalf("%d connections, visibility %+v; want 5000 and everything", len(a.Connections), a.Visibility)
	}
	seen := map[string]bool{}
	for _, c := range a.Connections {
		seen[c.Proxy] = true
		if c.State != checks.Synced || c.Version != "1.29.3" {
			t.Fatalf("connection %+v", c)
		}
	}
	if len(seen) != 5000 {
		t.Errorf("%d different proxies, want 5000", len(seen))
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, version := range []string{"1.29.3", "1.22.0", "1.10.3"} {
		for _, n := range []int{1000, 5000} {
			b.Run(fmt.Sprintf("%s/%d", version, n), func(b *testing.B) {
				i := &istiod{pod: "istiod-0", version: version, habits: habitsOf(version), clients: crowd(n, version)}
				data, err := proto.Marshal(i.connections(""))
				if err != nil {
					b.Fatal(err)
				}
				wire := pieces(data)
				b.ReportAllocs()
				b.SetBytes(int64(len(data)))
				for b.Loop() {
					d := &decoder{caller: rootNamespace}
					r := reply{each: d.add}
					if err := (codec{}).Unmarshal(wire, &r); err != nil || r.err != nil || len(d.connections) != n {
						b.Fatal(len(d.connections), err, r.err)
					}
				}
			})
		}
	}
}

func BenchmarkAsk(b *testing.B) {
	ca := newAuthority(b)
	for _, n := range []int{0, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			i := newIstiod(b, ca, "istiod-0", "1.29.3")
			i.change(func([]*client) []*client { return crowd(n, "1.29.3") })
			whole := i.connections("")
			i.syncz = func(s stream) error { return s.Send(whole) }
			c := bot(b, ca)
			b.ReportAllocs()
			for b.Loop() {
				a, err := c.Ask(b.Context(), i.target("default"))
				if err != nil || len(a.Connections) != n {
					b.Fatal(len(a.Connections), err)
				}
			}
		})
	}
}
