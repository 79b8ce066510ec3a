package policy

import (
	"encoding/json"
	"slices"
	"strings"
)

// Principals are those whom a statement names, by type.
// See AWS "AWS JSON policy elements: Principal".
type Principals struct {
	Any           bool     // "*", which equals AWS "*"
	AWS           []string // account numbers, ARNs, unique ids
	Federated     []string // provider hosts and ARNs
	Service       []string
	CanonicalUser []string

	places []place // of AWS
}

// place is where a string stands in a document, with its quotes, in bytes.
type place struct{ start, end int }

func (p *Principals) empty() bool {
	return !p.Any && len(p.AWS)+len(p.Federated)+len(p.Service)+len(p.CanonicalUser) == 0
}

// Principals lists the AWS principals that d names: account numbers, ARNs and unique
// ids, each once.
func (d *Document) Principals() []string {
	var all []string
	for i := range d.Statements {
		if p := d.Statements[i].Principals; p != nil {
			all = append(all, p.AWS...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Rename returns d with other names for the AWS principals that the map has, and
// without a change to any other byte.
func (d *Document) Rename(principals map[string]string) (*Document, error) {
	var text strings.Builder
	done := 0
	for i := range d.Statements {
		p := d.Statements[i].Principals
		if p == nil {
			continue
		}
		for j, name := range p.AWS {
			other, ok := principals[name]
			if !ok {
				continue
			}
			quoted, err := json.Marshal(other)
			if err != nil {
				return nil, err
			}
			text.WriteString(d.source[done:p.places[j].start])
			text.Write(quoted)
			done = p.places[j].end
		}
	}
	if done == 0 {
		return d, nil
	}
	text.WriteString(d.source[done:])
	return Parse(text.String())
}
