package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/cenotehq/cenote/seal"
)

// maxLine bounds a line of an export: more than the longest document, which is the
// metadata of a SAML provider.
const maxLine = 64 << 20

// exportReader reads an export line by line.
type exportReader struct {
	lines *bufio.Scanner
	sum   hash.Hash // of the lines before the one that was read last
	n     int       // its number
}

func newExportReader(from io.Reader) *exportReader {
	r := &exportReader{lines: bufio.NewScanner(from), sum: sha256.New()}
	r.lines.Buffer(make([]byte, 1<<18), maxLine)
	return r
}

// header reads the first line, and finds the master key that opens the export.
func (r *exportReader) header(ctx context.Context, custody Custody) (header, *seal.Key, error) {
	h, text, err := r.readHeader()
	if err != nil {
		return header{}, nil, err
	}
	key, err := custody.Find(ctx, h.Note)
	if err != nil {
		return header{}, nil, err
	}
	if _, err := (master{key: key}).codec().open(h.Check, checkKind, checkHead); err != nil {
		return header{}, nil, fmt.Errorf("%w; it has to be that of the place that was exported", &MasterKeyError{Path: "the export"})
	}
	r.add(text)
	return h, key, nil
}

func (r *exportReader) readHeader() (h header, text []byte, err error) {
	text, err = r.next()
	if err != nil {
		return header{}, nil, err
	}
	if err := json.Unmarshal(text, &h); err != nil || h.Cenote != exportFormat {
		return header{}, nil, r.errorf("this is no export; `cenote export` makes one")
	}
	if h.Version != exportVersion {
		return header{}, nil, r.errorf("it has version %d, this program knows version %d: import it with the program that wrote it, or a newer one than this", h.Version, exportVersion)
	}
	if err := strictly(text, &h); err != nil {
		return header{}, nil, r.errorf("%v", err)
	}
	return h, text, nil
}

// line reads one of the others. The one with the end is proven: there is nothing behind
// it, and before it is what was written.
func (r *exportReader) line(c codec) (line, error) {
	var l line
	text, err := r.next()
	if err != nil {
		return line{}, err
	}
	if err := strictly(text, &l); err != nil {
		return line{}, r.errorf("%v", err)
	}
	if l.End == nil {
		r.add(text)
		return l, nil
	}
	sum, err := c.open(l.End.Check, checkKind, checkEnd)
	if err != nil || subtle.ConstantTimeCompare(sum, r.sum.Sum(nil)) != 1 {
		return line{}, r.errorf("the export is damaged or was changed, somewhere before its end: take an intact copy, or export again")
	}
	if r.lines.Scan() {
		r.n++
		return line{}, r.errorf("there is something behind the end of the export: take an intact copy, or export again")
	}
	return l, r.lines.Err()
}

func (r *exportReader) next() ([]byte, error) {
	r.n++
	if r.lines.Scan() {
		return r.lines.Bytes(), nil
	}
	err := r.lines.Err()
	switch {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, r.errorf("it has more than %d MB: this is no line of an export", maxLine>>20)
	case err != nil:
		return nil, fmt.Errorf("store: reading the export: %w", err)
	case r.n == 1:
		return nil, r.errorf("there is nothing; `cenote export` makes an export")
	}
	return nil, r.errorf("the export is cut off before its end: take a whole copy, or export again")
}

func (r *exportReader) add(text []byte) {
	r.sum.Write(text)
	r.sum.Write([]byte{'\n'})
}

func (r *exportReader) errorf(format string, args ...any) error {
	return &ExportError{Line: r.n, Reason: fmt.Sprintf(format, args...)}
}

// strictly reads JSON without members that this program does not know. Its errors do not
// quote what they are about.
func strictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if _, syntax := errors.AsType[*json.SyntaxError](err); syntax || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("it is not JSON: the export is damaged or cut off; take an intact copy, or export again")
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("its member %s is of another type than it should be: take an intact copy, or export again", wrong.Field)
	}
	if err != nil {
		return errors.New("it has a member or value that this program does not know: import with the program that wrote it")
	}
	if d.More() {
		return errors.New("there is more than one thing on it: take an intact copy, or export again")
	}
	return nil
}
