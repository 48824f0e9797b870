package transport

import (
	"container/list"
	"net/http"
	"strings"
	"sync"
)

// cache keeps the answers that were used last, up to so many bytes. Its keys hold the credential's: what one may see another may not.
type cache struct {
	mu          sync.Mutex
	bytes, most int
	order       *list.List // of *kept, the one used last in front
	byKey       map[string]*list.Element
}

type kept struct {
	key    string
	answer *answer
}

func newCache(most int) *cache {
	return &cache{most: most, order: list.New(), byKey: map[string]*list.Element{}}
}

// overhead stands for the headers and the bookkeeping of an answer.
const overhead = 2048

func (k *kept) size() int { return len(k.key) + len(k.answer.body) + overhead }

func (c *cache) get(key string) (*answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*kept).answer, true
}

func (c *cache) put(key string, a *answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		c.drop(e)
	}
	k := &kept{key, a}
	c.byKey[key] = c.order.PushFront(k)
	c.bytes += k.size()
	for c.bytes > c.most {
		c.drop(c.order.Back())
	}
}

func (c *cache) drop(e *list.Element) {
	k := c.order.Remove(e).(*kept)
	delete(c.byKey, k.key)
	c.bytes -= k.size()
}

// refreshed is the answer as it was, with all that the forge says today beside it: about limits, and about pages, since a list that has grown by a page begins
// as it did before.
func (a *answer) refreshed(today http.Header) *answer {
	header := a.header.Clone()
	for name, values := range today {
		if !strings.HasPrefix(name, "Content-") && name != "Transfer-Encoding" { // those are about a body, which this is not
			header[name] = values
		}
	}
	return &answer{status: a.status, header: header, body: a.body}
}
