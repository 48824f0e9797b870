package forge

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// MinMarkerKey is the least length of a marker key in bytes.
const MinMarkerKey = 32

// Marker writes machine-readable state into text that people read and may edit: one HTML comment with a payload and its HMAC-SHA256.
//
// It is a hint and never the truth: anyone with write access can delete it or put an older one back. What they cannot do is make one
// up, or move one to another place: the scope, such as the source branch and "note", is part of what is signed.
type Marker struct{ key []byte }

// NewMarker takes a secret key of at least MinMarkerKey bytes.
func NewMarker(key []byte) (Marker, error) {
	if len(key) < MinMarkerKey {
		return Marker{}, fmt.Errorf("the state key has %d bytes: give at least %d random ones", len(key), MinMarkerKey)
	}
	return Marker{key: append([]byte(nil), key...)}, nil
}

// ErrNoMarker tells that the text holds no marker that this key signed for this scope.
var ErrNoMarker = errors.New("no valid marker")

const markerBegin = "<!-- linnet:state v1 "

// Standard base64 and not the URL form: that one has "-", and an HTML comment ends at "--".
var markerShape = regexp.MustCompile(markerBegin + `([A-Za-z0-9+/=]*) ([A-Za-z0-9+/=]{44}) -->`)

// Put returns the text with the payload in its marker. The first thing of a marker's shape is replaced where it stands and any others are
// taken out, valid or not; without one the marker becomes the last line. All other bytes are kept.
func (m Marker) Put(text, scope string, payload []byte) string {
	block := fmt.Sprintf(markerBegin+"%s %s -->",
		base64.StdEncoding.EncodeToString(payload), base64.StdEncoding.EncodeToString(m.sum(scope, payload)))
	var first []int
	if strings.Contains(text, markerBegin) {
		first = markerShape.FindStringIndex(text)
	}
	if first == nil {
		if text != "" && text[len(text)-1] != '\n' {
			return text + "\n" + block
		}
		return text + block
	}
	rest := text[first[1]:]
	for markerShape.MatchString(rest) { // taking one out may join the halves of another
		rest = markerShape.ReplaceAllLiteralString(rest, "")
	}
	return text[:first[0]] + block + rest
}

// Get returns the payload of the first marker that is genuine. ErrNoMarker when there is none: a changed one is as good as absent.
func (m Marker) Get(text, scope string) ([]byte, error) {
	for {
		_, rest, found := strings.Cut(text, markerBegin)
		if !found {
			return nil, ErrNoMarker
		}
		text = rest
		inside, _, _ := strings.Cut(rest, " -->")
		if strings.ContainsAny(inside, "\r\n") {
			continue // decoding would pass over them
		}
		encoded, encodedSum, _ := strings.Cut(inside, " ")
		payload, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil {
			continue
		}
		sum, err := base64.StdEncoding.Strict().DecodeString(encodedSum)
		if err == nil && hmac.Equal(sum, m.sum(scope, payload)) {
			return payload, nil
		}
	}
}

func (m Marker) sum(scope string, payload []byte) []byte {
	mac := hmac.New(sha256.New, m.key)
	// The length keeps a scope and a payload from trading bytes.
	mac.Write(binary.BigEndian.AppendUint64([]byte("linnet:state v1\x00"), uint64(len(scope))))
	mac.Write([]byte(scope))
	mac.Write(payload)
	return mac.Sum(nil)
}
