package syncz

import (
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// told lists the types of the proxy that is being read, as checks.Connection.Types has them. Most proxies have the same, so that it is kept once.
func (d *decoder) told() string {
	d.said = d.said[:0]
	for i, t := range d.types {
		if i > 0 {
			d.said = append(d.said, ' ')
		}
		d.said = append(d.said, strings.ReplaceAll(t.name(), " ", "_")...)
		if t.state != checks.Synced {
			d.said = append(append(d.said, '='), t.state...)
		}
	}
	return d.text(d.said)
}
