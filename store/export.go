package store

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"unicode/utf8"
)

// exportPage is how many identities are read at once.
const exportPage = 1000

// Export writes all that the store keeps to w as lines of JSON, for Import: one state of
// it, however much is written meanwhile, in little memory. What is secret stays sealed.
// account is noted in the header. progress, which may be nil, is told how many of all
// identities are written. Without an error, w has a whole export.
func (s *Store) Export(ctx context.Context, w io.Writer, account string, progress func(done, all int64)) (Counts, error) {
	sum := sha256.New()
	e := &exporter{codec: s.master.codec(), sum: sum, out: bufio.NewWriterSize(io.MultiWriter(w, sum), 1<<18), progress: progress}
	err := s.db.hold(ctx, func(c conn) error {
		e.c = c
		return e.export(header{Cenote: exportFormat, Version: exportVersion, Account: account, Created: moment(s.now().UnixMilli()), Note: s.master.note}, s.tables())
	})
	if err != nil {
		return Counts{}, fmt.Errorf("exporting: %w", err)
	}
	return e.counts, nil
}

// exporter writes an export of what it sees on one connection.
type exporter struct {
	c        conn
	codec    codec
	out      *bufio.Writer
	sum      hash.Hash // of all that reached w
	counts   Counts
	progress func(done, all int64)
}

func (e *exporter) export(h header, tables []anyTable) error {
	h.Check = e.codec.seal([]byte(rand.Text()), checkKind, checkHead)
	steps := []func() error{
		func() error { return e.write(h) },
		e.keys,
		func() error { return e.entities(tables) },
		e.identities,
		e.uses,
		func() error { return e.assertions(h) },
		e.end,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (e *exporter) write(line any) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = e.out.Write(append(text, '\n'))
	return err
}

func (e *exporter) keys() error {
	return e.c.query(`SELECT purpose, id, created, secret FROM secret_keys WHERE purpose NOT IN ($1, $2, $3) ORDER BY purpose, id`, func(r row) error {
		var k keyLine
		var created int64
		if err := scan(r, &k.Purpose, &k.ID, &created, &k.Sealed); err != nil {
			return err
		}
		k.Created = moment(created)
		e.counts.Keys++
		return e.write(line{Key: &k})
	}, purposeProbe, purposeNote, firstKey)
}

func (e *exporter) entities(tables []anyTable) error {
	for _, t := range tables {
		k := t.kindOf()
		err := e.c.query(`SELECT name, doc FROM entities WHERE kind = $1 ORDER BY name`, func(r row) error {
			entity := entityLine{Kind: k.name}
			var doc string
			if err := scan(r, &entity.Name, &doc); err != nil {
				return err
			}
			if k.secret {
				entity.Sealed = doc
			} else {
				entity.Document = document(doc)
			}
			e.counts.Entities++
			return e.write(line{Entity: &entity})
		}, k.name)
		if err != nil {
			return err
		}
	}
	all, err := count(e.c, "entities")
	if err == nil && all != e.counts.Entities {
		err = fmt.Errorf("store: %d documents are of kinds that this program does not know: export with the program that wrote them", all-e.counts.Entities)
	}
	return err
}

// identities writes page after page. The logins of a page come with a query of their
// own, in the same order.
func (e *exporter) identities() error {
	all := int64(0)
	if e.progress != nil {
		var err error
		if all, err = count(e.c, "identities"); err != nil {
			return err
		}
	}
	for after := ""; ; {
		page, err := e.page(after)
		if err != nil {
			return err
		}
		if err := e.addLogins(page, after); err != nil {
			return err
		}
		for i := range page {
			if err := e.write(line{Identity: &page[i]}); err != nil {
				return err
			}
		}
		e.counts.Identities += int64(len(page))
		if e.progress != nil {
			e.progress(e.counts.Identities, all)
		}
		if len(page) < exportPage {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

func (e *exporter) page(after string) ([]identityLine, error) {
	page := make([]identityLine, 0, exportPage)
	err := e.c.query(`SELECT id, pool, authenticated, disabled, created, modified, COALESCE(used, 0) FROM identities WHERE id > $1 ORDER BY id LIMIT $2`, func(r row) error {
		var i identityLine
		var authenticated, disabled, created, modified, used int64
		err := scan(r, &i.ID, &i.Pool, &authenticated, &disabled, &created, &modified, &used)
		i.Authenticated, i.Disabled = authenticated != 0, disabled != 0
		i.Created, i.Modified, i.Used = moment(created), moment(modified), momentOrNone(used)
		page = append(page, i)
		return err
	}, after, exportPage)
	return page, err
}

// addLogins adds the logins of all identities of a page; the last page has all logins to
// the end.
func (e *exporter) addLogins(page []identityLine, after string) error {
	sql, args := `SELECT identity, pool, provider, subject FROM logins WHERE identity > $1 ORDER BY identity, provider, subject`, []any{after}
	if len(page) == exportPage {
		sql, args = `SELECT identity, pool, provider, subject FROM logins WHERE identity > $1 AND identity <= $2 ORDER BY identity, provider, subject`,
			append(args, page[len(page)-1].ID)
	}
	at := 0
	return e.c.query(sql, func(r row) error {
		var owner, pool string
		var l loginLine
		if err := scan(r, &owner, &pool, &l.Provider, &l.Subject); err != nil {
			return err
		}
		for at < len(page) && page[at].ID < owner {
			at++
		}
		if at == len(page) || page[at].ID != owner || page[at].Pool != pool {
			return fmt.Errorf("store: a login of identity %s in pool %s belongs to none that is there: the data are damaged, restore a backup", owner, pool)
		}
		page[at].Logins = append(page[at].Logins, l)
		e.counts.Logins++
		return nil
	}, args...)
}

func (e *exporter) uses() error {
	return e.c.query(`SELECT id, at, service, region FROM last_used ORDER BY id`, func(r row) error {
		var u useLine
		var at int64
		if err := scan(r, &u.ID, &at, &u.Service, &u.Region); err != nil {
			return err
		}
		u.At = moment(at)
		e.counts.Uses++
		return e.write(line{Use: &u})
	})
}

func (e *exporter) assertions(h header) error {
	return e.c.query(`SELECT id, taker, expires FROM saml_assertions WHERE expires >= $1 ORDER BY id`, func(r row) error {
		var a assertionLine
		var expires int64
		if err := scan(r, &a.ID, &a.Taker, &expires); err != nil {
			return err
		}
		a.Expires = moment(expires)
		e.counts.Assertions++
		return e.write(line{Assertion: &a})
	}, h.Created.UnixMilli())
}

func (e *exporter) end() error {
	if err := e.out.Flush(); err != nil {
		return err
	}
	check := e.codec.seal(e.sum.Sum(nil), checkKind, checkEnd)
	if err := e.write(line{End: &endLine{Counts: e.counts, Check: check}}); err != nil {
		return err
	}
	return e.out.Flush()
}

func count(c conn, table string) (n int64, err error) {
	err = c.query(`SELECT count(*) FROM `+table, func(r row) error { return r.scan(&n) })
	return n, err
}

// scan is r.scan of texts that JSON can hold: it would put something else in the place
// of bytes that are no UTF-8.
func scan(r row, dest ...any) error {
	if err := r.scan(dest...); err != nil {
		return err
	}
	for _, d := range dest {
		if text, ok := d.(*string); ok && !utf8.ValidString(*text) {
			return errors.New("store: a text is not in UTF-8: the data are damaged, restore a backup")
		}
	}
	return nil
}
