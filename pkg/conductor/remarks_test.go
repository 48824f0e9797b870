package conductor

import (
	"reflect"
	"testing"
)

// What is read and put into words once, while a state is gathered, must come to the same as what is found anew each time.
func TestWhatIsReadOnceDecidesTheSame(t *testing.T) {
	met := statesOfAnUpgrade(t)
	acted := 0
	for i, s := range met {
		got := Decide(s)
		if len(got) > 0 {
			acted++
		}
		if want := Decide(anew(s)); !reflect.DeepEqual(got, want) {
			t.Fatalf("state %d of %d:\ngot  %v\nwant %v", i, len(met), got, want)
		}
	}
	if acted == 0 {
		t.Error("nothing was decided")
	}
}

// anew is a state of which nothing has been read yet.
func anew(s State) State {
	unread := func(all []Request) []Request {
		var fresh []Request
		for _, r := range all {
			r.read = nil
			fresh = append(fresh, r)
		}
		return fresh
	}
	s.Others, s.Merged, s.Closed = unread(s.Others), unread(s.Merged), unread(s.Closed)
	for _, r := range []**Request{&s.Newest, &s.Current, &s.Left} {
		if *r != nil {
			fresh := unread([]Request{**r})
			*r = &fresh[0]
		}
	}
	s.Gate.words, s.said = nil, described{}
	return s
}
