package policy

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// decimal is a number as its digits, so that no precision is lost: the whole
// part without leading zeros, the fraction without trailing ones.
type decimal struct {
	negative        bool
	whole, fraction string
}

// parseDecimal reads an integer or a decimal number, without an exponent.
func parseDecimal(s string) (d decimal, ok bool) {
	switch {
	case strings.HasPrefix(s, "-"):
		d.negative, s = true, s[1:]
	case strings.HasPrefix(s, "+"):
		s = s[1:]
	}
	whole, fraction, point := strings.Cut(s, ".")
	if whole == "" || point && fraction == "" || strings.ContainsFunc(whole+fraction, notDigit) {
		return d, false
	}
	d.whole, d.fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if d.whole == "" && d.fraction == "" {
		d.negative = false
	}
	return d, true
}

func notDigit(c rune) bool { return c < '0' || c > '9' }

// compare is -1, 0 or 1, as d is less than, equal to or greater than e.
func (d decimal) compare(e decimal) int {
	if d.negative != e.negative {
		if d.negative {
			return -1
		}
		return 1
	}
	order := cmp.Or(
		cmp.Compare(len(d.whole), len(e.whole)),
		strings.Compare(d.whole, e.whole),
		strings.Compare(d.fraction, e.fraction),
	)
	if d.negative {
		return -order
	}
	return order
}

// parseDate reads a W3C date and time of any precision, UTC where it has no
// zone, or seconds since 1970. See W3C NOTE-datetime.
func parseDate(s string) (time.Time, bool) {
	if s != "" && !strings.ContainsFunc(s, notDigit) {
		seconds, err := strconv.ParseInt(s, 10, 64)
		return time.Unix(seconds, 0), err == nil && seconds <= maxSeconds
	}
	for _, layout := range []string{
		time.RFC3339, // also with a fraction of a second
		"2006-01-02T15:04Z07:00",
		"2006-01-02T15:04:05Z0700",
		"2006-01-02T15:04Z0700",
		"2006-01-02T15:04:05",
		"2006-01-02T15:04",
		time.DateOnly,
		"2006-01",
	} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// maxSeconds keeps times where package time compares them without overflow.
const maxSeconds = 1 << 55
