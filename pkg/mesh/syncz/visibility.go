package syncz

import (
	"bytes"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// Sight is how much of its connections an istiod shows to the caller.
type Sight string

// What an istiod shows.
const (
	Everything Sight = "everything"
	Filtered   Sight = "filtered"
	Unsure     Sight = "unknown"
)

// Visibility says whether an answer can be taken for the whole truth.
type Visibility struct {
	Sight Sight
	// Why is how that is known, or why it is not.
	Why string
}

// Words is a sentence about the istiod pod that was asked, with what to do; "" where nothing hinders.
func (v Visibility) Words(t Target, version string) string {
	switch v.Sight {
	case Everything:
		return ""
	case Filtered:
		return fmt.Sprintf("istiod %s filters its answer to your namespace: run the bot in %s or add its namespace to DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES", version, t.Istiod.Namespace)
	}
	return fmt.Sprintf("whether istiod %s filters its answer is not known (%s): run the bot in %s", version, v.Why, t.Istiod.Namespace)
}

// Suspicion is what an observation says of an istiod whose answer may hide proxies; "" = there is none.
func (v Visibility) Suspicion() string {
	switch v.Sight {
	case Everything:
		return ""
	case Filtered:
		return v.Why
	}
	return "perhaps; nobody knows, as " + v.Why
}

const (
	// page is the resource of the loud question.
	page = "syncz"
	// emptyPage is the same for a namespace that cannot be, which spares istiod and the network a second list of everybody. Istiod decides by the
	// part before the question mark whether the caller may ask. Before 1.20 the rest is ignored.
	emptyPage = page + "?namespace=-"
)

// probe asks loudly what the first question asks quietly. Where istiod filters the first answer without a word, it refuses the second.
//
// It refuses by one rule only, that of its own namespace, and knows nothing of DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES. So an answer that names
// a proxy of another namespace than the caller's outweighs a refusal: a filtered one cannot. And it refuses before it looks for the page, so that
// the caller who hears that there is none (ENABLE_DEBUG_ON_HTTP=false) is one who may see everything.
//
// The one case in which both are deceived is a mesh whose rootNamespace is not istiod's: the refusal goes by the latter, the filter by the former.
// Then only the pods tell, which an answer must cover in any case.
func (s *session) probe(answer *decoder) (Visibility, []checks.Connection) {
	resource := emptyPage
	if answer.versionless {
		resource = page
	}
	v, list := s.loud(resource)
	if v.Sight != Everything && answer.other != "" {
		v = Visibility{Everything, "it names a proxy of namespace " + answer.other}
	}
	return v, list
}

func (s *session) loud(resource string) (Visibility, []checks.Connection) {
	var body []byte
	said := reply{each: func(_, value []byte) error { body = bytes.Clone(value); return nil }}
	err := s.question(typeDebug, resource, &said)
	switch {
	case err != nil && s.ctx.Err() == nil && status.Code(err) == codes.PermissionDenied:
		return Visibility{Filtered, s.brief(status.Convert(err).Message())}, nil
	case err != nil:
		return Visibility{Unsure, "the visibility probe failed: " + s.reason(err)}, nil
	case said.err != nil || said.typeURL != typeDebug || said.resources != 1:
		return Visibility{Unsure, "the visibility probe was not answered with a page"}, nil
	}
	list, err := readPage(body)
	words := s.brief(string(body[:min(len(body), 100*longest)]))
	switch {
	case err == nil:
		return Visibility{Everything, "it answers the visibility probe"}, list
	case strings.HasSuffix(words, "404 page not found"):
		return Visibility{Everything, "it let the visibility probe in, and has no such page (ENABLE_DEBUG_ON_HTTP=false)"}, nil
	}
	return Visibility{Unsure, "the visibility probe was answered with something else: " + words}, nil
}
