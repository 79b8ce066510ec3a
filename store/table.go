package store

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/cenotehq/cenote/iam"
)

// Table is an iam.Table over JSON documents.
type Table[T iam.Entity] struct {
	db    database
	codec codec
	kind  kind
	cache *entityCache[T]
}

// kind is how the entities of one table are kept.
type kind struct {
	name   string
	fold   bool // names compare case-insensitively
	secret bool // documents are sealed
}

func (k kind) key(name string) string {
	if k.fold {
		return strings.ToLower(name)
	}
	return name
}

func newTable[T iam.Entity](s *Store, k kind) *Table[T] {
	if k.secret {
		s.sealed = append(s.sealed, k.name)
	}
	return &Table[T]{db: s.db, codec: s.master.codec(), kind: k, cache: newEntityCache[T](maxAge(s.db))}
}

// Get returns the entity called name, or fs.ErrNotExist.
func (t *Table[T]) Get(ctx context.Context, name string) (T, error) {
	key := t.kind.key(name)
	entity, since, ok := t.cache.get(key)
	if ok {
		return entity, nil
	}
	err := t.db.read(ctx, func(c conn) error {
		var err error
		entity, err = t.load(c, key)
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	t.cache.put(since, key, entity)
	return entity, nil
}

// Find returns the entity that alias stands for, or fs.ErrNotExist.
func (t *Table[T]) Find(ctx context.Context, alias string) (T, error) {
	entity, since, ok := t.cache.find(alias)
	if ok {
		return entity, nil
	}
	rows, err := t.rows(ctx, `SELECT e.name, e.doc FROM entity_aliases a
		JOIN entities e ON e.kind = a.kind AND e.name = a.name
		WHERE a.kind = $1 AND a.alias = $2`, t.kind.name, alias)
	if err != nil {
		return entity, err
	}
	if len(rows) == 0 {
		return entity, t.missing(alias)
	}
	entity, err = t.decode(rows[0].key, rows[0].doc)
	if err != nil {
		return entity, err
	}
	t.cache.put(since, rows[0].key, entity)
	return entity, nil
}

// List returns at most limit entities whose names sort after the given one, in
// the order of their names.
func (t *Table[T]) List(ctx context.Context, after string, limit int) ([]T, error) {
	if limit <= 0 {
		return nil, nil
	}
	rows, err := t.rows(ctx, `SELECT name, doc FROM entities WHERE kind = $1 AND name > $2 ORDER BY name LIMIT $3`,
		t.kind.name, t.kind.key(after), limit)
	if err != nil {
		return nil, err
	}
	var entities []T
	for _, r := range rows {
		entity, err := t.decode(r.key, r.doc)
		if err != nil {
			return nil, err
		}
		entities = append(entities, entity)
	}
	return entities, nil
}

// Create adds an entity; a taken name or alias is fs.ErrExist.
func (t *Table[T]) Create(ctx context.Context, entity T) error {
	key := t.kind.key(entity.EntityName())
	doc, err := t.encode(key, entity)
	if err != nil {
		return err
	}
	aliases := slices.Clone(entity.EntityAliases())
	return t.db.write(ctx, write{inTurn: t.kind.secret, do: func(c conn) error {
		if err := t.guard(c); err != nil {
			return err
		}
		if _, err := c.exec(`INSERT INTO entities (kind, name, doc) VALUES ($1, $2, $3)`, t.kind.name, key, doc); err != nil {
			return fmt.Errorf("%s %q: %w", t.kind.name, key, err)
		}
		return t.addAliases(c, key, aliases)
	}})
}

// Update replaces the entity called name by what change makes of a private copy,
// which may have another name. A missing entity is fs.ErrNotExist, a taken name
// or alias fs.ErrExist. An error of change leaves the entity untouched and is
// returned as it is. change runs on another goroutine, may run more than once,
// and may still run after Update returned an error of ctx.
func (t *Table[T]) Update(ctx context.Context, name string, change func(*T) error) error {
	key := t.kind.key(name)
	return t.db.write(ctx, write{
		inTurn: t.kind.secret,
		do: func(c conn) error {
			if err := t.guard(c); err != nil {
				return err
			}
			entity, err := t.load(c, key)
			if err != nil {
				return err
			}
			before := slices.Clone(entity.EntityAliases())
			if err := change(&entity); err != nil {
				return err
			}
			if err := t.replace(c, key, entity); err != nil {
				return err
			}
			return dropUses(c, before, entity.EntityAliases())
		},
		committed: func() { t.cache.drop(key) },
	})
}

func (t *Table[T]) replace(c conn, old string, entity T) error {
	key := t.kind.key(entity.EntityName())
	doc, err := t.encode(key, entity)
	if err != nil {
		return err
	}
	if _, err := c.exec(`UPDATE entities SET name = $1, doc = $2 WHERE kind = $3 AND name = $4`, key, doc, t.kind.name, old); err != nil {
		return fmt.Errorf("%s %q: %w", t.kind.name, key, err)
	}
	if err := t.dropAliases(c, old); err != nil {
		return err
	}
	return t.addAliases(c, key, entity.EntityAliases())
}

// Delete removes the entity called name, unless allowed, which may be nil,
// objects with an error: that is returned as it is. A missing entity is
// fs.ErrNotExist. allowed runs under the terms of Update's change.
func (t *Table[T]) Delete(ctx context.Context, name string, allowed func(T) error) error {
	key := t.kind.key(name)
	return t.db.write(ctx, write{
		inTurn: t.kind.secret,
		do: func(c conn) error {
			if err := t.guard(c); err != nil {
				return err
			}
			entity, err := t.load(c, key)
			if err != nil {
				return err
			}
			if allowed != nil {
				if err := allowed(entity); err != nil {
					return err
				}
			}
			if _, err := c.exec(`DELETE FROM entities WHERE kind = $1 AND name = $2`, t.kind.name, key); err != nil {
				return err
			}
			if err := t.dropAliases(c, key); err != nil {
				return err
			}
			return dropUses(c, entity.EntityAliases(), nil)
		},
		committed: func() { t.cache.drop(key) },
	})
}

func (t *Table[T]) guard(c conn) error {
	if !t.kind.secret {
		return nil
	}
	return t.codec.master.guard(c)
}

func (t *Table[T]) addAliases(c conn, key string, aliases []string) error {
	for _, alias := range aliases {
		if _, err := c.exec(`INSERT INTO entity_aliases (kind, alias, name) VALUES ($1, $2, $3)`, t.kind.name, alias, key); err != nil {
			return fmt.Errorf("%s %q alias %q: %w", t.kind.name, key, alias, err)
		}
	}
	return nil
}

func (t *Table[T]) dropAliases(c conn, key string) error {
	_, err := c.exec(`DELETE FROM entity_aliases WHERE kind = $1 AND name = $2`, t.kind.name, key)
	return err
}

func (t *Table[T]) load(c conn, key string) (T, error) {
	var doc string
	found := false
	err := c.query(`SELECT doc FROM entities WHERE kind = $1 AND name = $2`, func(r row) error {
		found = true
		return r.scan(&doc)
	}, t.kind.name, key)
	if err == nil && !found {
		err = t.missing(key)
	}
	if err != nil {
		var none T
		return none, err
	}
	return t.decode(key, doc)
}

func (t *Table[T]) missing(name string) error {
	return fmt.Errorf("store: %s %q: %w", t.kind.name, name, fs.ErrNotExist)
}

// anyTable is a Table, whatever its entities are.
type anyTable interface {
	kindOf() kind

	// aliasesOf reads a document and returns the aliases of its entity, which must have
	// this name.
	aliasesOf(key, doc string) ([]string, error)
}

func (t *Table[T]) kindOf() kind { return t.kind }

func (t *Table[T]) aliasesOf(key, doc string) ([]string, error) {
	entity, err := t.decode(key, doc)
	if err != nil {
		return nil, err
	}
	if name := t.kind.key(entity.EntityName()); name != key {
		return nil, fmt.Errorf("store: %s %q is called %q in its document", t.kind.name, key, name)
	}
	return entity.EntityAliases(), nil
}

type entityRow struct{ key, doc string }

func (t *Table[T]) rows(ctx context.Context, sql string, args ...any) ([]entityRow, error) {
	var rows []entityRow
	err := t.db.read(ctx, func(c conn) error {
		rows = nil
		return c.query(sql, func(r row) error {
			var e entityRow
			err := r.scan(&e.key, &e.doc)
			rows = append(rows, e)
			return err
		}, args...)
	})
	return rows, err
}

func (t *Table[T]) encode(key string, entity T) (string, error) {
	doc, err := t.codec.encode(t.kind, key, entity)
	if err != nil {
		return "", fmt.Errorf("store: %s %q cannot be written: %w", t.kind.name, key, err)
	}
	return doc, nil
}

func (t *Table[T]) decode(key, doc string) (T, error) {
	var entity T
	if err := t.codec.decode(t.kind, key, doc, &entity); err != nil {
		var none T
		return none, fmt.Errorf("store: %s %q is damaged: %w", t.kind.name, key, err)
	}
	return entity, nil
}
