package iam

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// defaultPage is how many entities a page holds if the request does not say
// (IAM API reference, MaxItems).
const defaultPage = 100

// page says which part of a list is wanted: at most limit entities whose names
// sort after the given one, or that come after the first skip.
type page struct {
	list  string // stands for the list in its markers
	after string
	skip  int // where the name before would be too long for a marker
	limit int
}

const (
	// listLength is how many bytes of a marker stand for its list. There is no room for
	// its name.
	listLength = 8

	// longestName is how many bytes of a name a marker has room for: it has at most 320
	// characters (IAM API reference, Marker), and 128 letters of a tag key take more.
	longestName = 320*6/8 - listLength

	// counted begins a marker that says how many came before.
	counted = "\x00"
)

// newPage reads the Marker and MaxItems of a request; zero values mean that the
// request has none. list is the operation, and whose list it is: a marker of one list
// is none of another.
func newPage(marker string, maxItems int32, list ...string) (page, error) {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.Join(list, " "))))
	p := page{list: string(sum[:listLength]), limit: defaultPage}
	if maxItems != 0 {
		p.limit = int(maxItems)
	}
	if marker != "" && !p.resume(marker) {
		return page{}, validation("Invalid Marker.")
	}
	return p, nil
}

// resume reads a marker; false means that it is none of this list.
func (p *page) resume(marker string) bool {
	text, err := base64.RawURLEncoding.Strict().DecodeString(marker)
	name, ours := strings.CutPrefix(string(text), p.list)
	if err != nil || !ours {
		return false
	}
	if number, is := strings.CutPrefix(name, counted); is {
		p.skip, err = strconv.Atoi(number)
		return err == nil && p.skip > 0
	}
	p.after = name
	return isName(name)
}

// marker returns what a client sends to have the entities after name.
func (p page) marker(name string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(p.list + name))
}

func isName(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// collect reads a page of the entities that keep wants, and the marker of the next
// page, which is empty after the last. It looks for one more than it returns, so
// that no page promises another one that is empty.
func collect[T Entity](ctx context.Context, table Table[T], p page, keep func(T) bool) ([]T, string, error) {
	found := []T{}
	for {
		batch, err := table.List(ctx, p.after, p.limit+1)
		if err != nil {
			return nil, "", serviceFailure(err)
		}
		for _, entity := range batch {
			if !keep(entity) {
				continue
			}
			if len(found) == p.limit {
				return found, p.marker(found[p.limit-1].EntityName()), nil
			}
			found = append(found, entity)
		}
		if len(batch) <= p.limit {
			return found, "", nil
		}
		p.after = batch[p.limit].EntityName()
	}
}

// every goes through all entities of a table in the order of their names. After an
// error there is no more.
func every[T Entity](ctx context.Context, table Table[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for after := ""; ; {
			batch, err := table.List(ctx, after, defaultPage)
			if err != nil {
				var none T
				yield(none, serviceFailure(err))
				return
			}
			for _, entity := range batch {
				after = entity.EntityName()
				if !yield(entity, nil) {
					return
				}
			}
			if len(batch) < defaultPage {
				return
			}
		}
	}
}

// cut returns a page of items in the order of their names, which compare without
// regard to case, and the marker of the next page, which is empty after the last.
func cut[T any](items []T, name func(T) string, p page) ([]T, string) {
	key := func(item T) string { return strings.ToLower(name(item)) }
	sorted := slices.SortedFunc(slices.Values(items), func(a, b T) int { return strings.Compare(key(a), key(b)) })
	first := min(p.skip, len(sorted))
	for after := strings.ToLower(p.after); p.after != "" && first < len(sorted) && key(sorted[first]) <= after; {
		first++
	}
	end := first + p.limit
	if end >= len(sorted) {
		return append([]T{}, sorted[first:]...), ""
	}
	last := name(sorted[end-1])
	if len(last) > longestName {
		last = counted + strconv.Itoa(end)
	}
	return sorted[first:end], p.marker(last)
}

// full reports whether table holds quota entities or more.
func full[T any](ctx context.Context, table Table[T], quota int) (bool, error) {
	list, err := table.List(ctx, "", quota)
	if err != nil {
		return false, serviceFailure(err)
	}
	return len(list) >= quota, nil
}
