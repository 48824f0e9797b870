package conductor

import "github.com/linnet-bot/linnet/pkg/checks"

// gateWords is an answer of a gate in words. It follows from the answer alone; statuses, checks and notes all want it, several times a look.
type gateWords struct {
	summary string   // one line
	blocks  []string // what is in the way, at most mostBlocks and how many more
	text    string   // the whole answer in a block of code
}

func putIntoWords(r checks.Result) *gateWords {
	return &gateWords{checks.Summary(r), gateBlocks(r), fence(checks.Text(r, gateColumns))}
}

// inWords is the gate's answer in words.
func (g Gate) inWords() *gateWords {
	if g.words != nil {
		return g.words
	}
	return putIntoWords(g.Result)
}
