package wire

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// pattern is a regular expression of AWS's that a whole text has to match. Nearly all are
// runs of characters of some kinds, each of which ends where the next begins: those are
// read in one go, in a tenth of the time.
type pattern struct {
	regexp *regexp.Regexp
	runs   []run // empty where the regexp has to decide
}

// run is at least min characters of a kind, and at most one if once.
type run struct {
	kind []rune // pairs of a first and a last
	min  int
	once bool
}

func compilePattern(text string) (*pattern, error) {
	text = translate(text)
	r, err := regexp.Compile(`\A(?:` + text + `)\z`)
	if err != nil {
		return nil, err
	}
	p := &pattern{regexp: r}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if runs, ok := appendRuns(nil, tree); ok && apart(runs) {
		p.runs = runs
	}
	return p, nil
}

// appendRuns reads an expression as runs, if it is nothing but these.
func appendRuns(runs []run, e *syntax.Regexp) ([]run, bool) {
	if e.Flags&syntax.FoldCase != 0 {
		return nil, false
	}
	if e.Op == syntax.OpCharClass {
		return append(runs, run{e.Rune, 1, true}), true
	}
	if e.Op == syntax.OpLiteral {
		for _, c := range e.Rune {
			runs = append(runs, run{[]rune{c, c}, 1, true})
		}
		return runs, true
	}
	if e.Op == syntax.OpConcat || e.Op == syntax.OpCapture {
		for _, sub := range e.Sub {
			var ok bool
			if runs, ok = appendRuns(runs, sub); !ok {
				return nil, false
			}
		}
		return runs, true
	}
	if e.Op == syntax.OpPlus || e.Op == syntax.OpStar || e.Op == syntax.OpQuest {
		inner, ok := appendRuns(nil, e.Sub[0])
		if !ok || len(inner) != 1 || !inner[0].once || inner[0].min != 1 {
			return nil, false
		}
		r := run{kind: inner[0].kind, once: e.Op == syntax.OpQuest}
		if e.Op == syntax.OpPlus {
			r.min = 1
		}
		return append(runs, r), true
	}
	return nil, false
}

// apart reports whether no run could take a character away from one that follows, so that
// to take as many as there are is right.
func apart(runs []run) bool {
	for i, r := range runs {
		if r.once && r.min == 1 {
			continue
		}
		for _, next := range runs[i+1:] {
			if meet(r.kind, next.kind) {
				return false
			}
			if next.min > 0 {
				break
			}
		}
	}
	return len(runs) > 0
}

func meet(a, b []rune) bool {
	for pair := range slices.Chunk(a, 2) {
		for other := range slices.Chunk(b, 2) {
			if pair[0] <= other[1] && other[0] <= pair[1] {
				return true
			}
		}
	}
	return false
}

func (p *pattern) matches(text string) bool {
	if len(p.runs) == 0 || strings.ContainsRune(text, '\uFFFD') { // of which broken UTF-8 is also read
		return p.regexp.MatchString(text)
	}
	at, count := 0, 0 // the run, and how many characters it has
	for _, c := range text {
		for at < len(p.runs) && (p.runs[at].once && count == 1 || !p.runs[at].has(c)) {
			if count < p.runs[at].min {
				return false
			}
			at, count = at+1, 0
		}
		if at == len(p.runs) {
			return false
		}
		count++
	}
	if at < len(p.runs) && count < p.runs[at].min {
		return false
	}
	return at == len(p.runs) || !slices.ContainsFunc(p.runs[at+1:], func(r run) bool { return r.min > 0 })
}

func (r run) has(c rune) bool {
	for i := 0; i < len(r.kind); i += 2 {
		if r.kind[i] <= c && c <= r.kind[i+1] {
			return true
		}
	}
	return false
}
