package store

import (
	"context"

	"github.com/cenotehq/cenote/cognito"
)

// batch is some lines of an export as statements of one transaction.
type batch struct {
	first, last int // numbers of lines
	statements  []statement
}

// loader turns an export into batches.
type loader struct {
	codec  codec
	tables map[string]anyTable // by the names of kinds
	counts Counts
}

func (s *Store) loader() *loader {
	l := &loader{codec: s.master.codec(), tables: map[string]anyTable{}}
	for _, t := range s.tables() {
		l.tables[t.kindOf().name] = t
	}
	return l
}

// read reads all of an export behind its header.
func (l *loader) read(ctx context.Context, r *exportReader, out chan<- batch) error {
	var b batch
	for {
		next, err := r.line(l.codec)
		if err != nil {
			return err
		}
		if next.End != nil && next.End.Counts != l.counts {
			return r.errorf("it counts other things than are there: take an intact copy, or export again")
		}
		if b.statements == nil {
			b = batch{first: r.n, statements: make([]statement, 0, importBatch)}
		}
		b.last = r.n
		if next.End == nil {
			if b.statements, err = l.add(b.statements, next, r); err != nil {
				return err
			}
			if len(b.statements) < importBatch {
				continue
			}
		}
		select {
		case out <- b:
			b = batch{}
		case <-ctx.Done():
			return ctx.Err()
		}
		if next.End != nil {
			return nil
		}
	}
}

// add adds the statements that bring in one line.
func (l *loader) add(to []statement, next line, r *exportReader) ([]statement, error) {
	switch {
	case next.Key != nil:
		return l.key(to, next.Key, r)
	case next.Entity != nil:
		return l.entity(to, next.Entity, r)
	case next.Identity != nil:
		return l.identity(to, next.Identity), nil
	case next.Use != nil:
		u := next.Use
		l.counts.Uses++
		return append(to, statement{
			`INSERT INTO last_used (id, at, service, region) VALUES ($1, $2, $3, $4)`,
			[]any{u.ID, u.At.UnixMilli(), u.Service, u.Region},
		}), nil
	case next.Assertion != nil:
		a := next.Assertion
		l.counts.Assertions++
		return append(to, statement{
			`INSERT INTO saml_assertions (id, taker, expires) VALUES ($1, $2, $3)`,
			[]any{a.ID, a.Taker, a.Expires.UnixMilli()},
		}), nil
	}
	return nil, r.errorf("it says nothing: take an intact copy, or export again")
}

func (l *loader) key(to []statement, k *keyLine, r *exportReader) ([]statement, error) {
	if _, err := l.codec.open(k.Sealed, keyKind(k.Purpose), k.ID); err != nil {
		return nil, r.errorf("the master key does not open the key: take an intact copy, or export again")
	}
	l.counts.Keys++
	return append(to, statement{
		`INSERT INTO secret_keys (purpose, id, created, secret) VALUES ($1, $2, $3, $4)`,
		[]any{k.Purpose, k.ID, k.Created.UnixMilli(), k.Sealed},
	}), nil
}

func (l *loader) entity(to []statement, e *entityLine, r *exportReader) ([]statement, error) {
	t, ok := l.tables[e.Kind]
	if !ok {
		return nil, r.errorf("this program knows no documents of kind %q: import with the program that wrote it", e.Kind)
	}
	doc := string(e.Document)
	if t.kindOf().secret {
		doc = e.Sealed
	}
	aliases, err := t.aliasesOf(e.Name, doc)
	if err != nil {
		return nil, r.errorf("this %s cannot be read: take an intact copy, or import with the program that wrote it", e.Kind)
	}
	l.counts.Entities++
	to = append(to, statement{`INSERT INTO entities (kind, name, doc) VALUES ($1, $2, $3)`, []any{e.Kind, e.Name, doc}})
	for _, alias := range aliases {
		to = append(to, statement{`INSERT INTO entity_aliases (kind, alias, name) VALUES ($1, $2, $3)`, []any{e.Kind, alias, e.Name}})
	}
	return to, nil
}

func (l *loader) identity(to []statement, i *identityLine) []statement {
	l.counts.Identities++
	to = append(to, insertIdentity(cognito.Identity{
		ID: i.ID, Pool: i.Pool, Authenticated: i.Authenticated, Disabled: i.Disabled, Created: i.Created, Modified: i.Modified,
	}))
	if !i.Used.IsZero() {
		to = append(to, statement{`UPDATE identities SET used = $1 WHERE id = $2`, []any{i.Used.UnixMilli(), i.ID}})
	}
	for _, login := range i.Logins {
		l.counts.Logins++
		to = append(to, statement{
			`INSERT INTO logins (pool, provider, subject, identity) VALUES ($1, $2, $3, $4)`,
			[]any{i.Pool, login.Provider, login.Subject, i.ID},
		})
	}
	return to
}
