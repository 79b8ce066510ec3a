package iam

import "context"

// Table keeps the entities of one kind under their names (those of
// OpenID Connect providers compare exactly, all others case-insensitively) and under aliases (unique ids,
// access key ids). Every method is one transaction and durable when it returns.
// A missing entity is fs.ErrNotExist, a taken name or alias fs.ErrExist. Entities
// that it returns are shared: callers must not modify what they point to. Safe
// for concurrent use.
type Table[T any] interface {
	// Get returns the entity called name.
	Get(ctx context.Context, name string) (T, error)

	// Find returns the entity that alias stands for.
	Find(ctx context.Context, alias string) (T, error)

	// List returns at most limit entities whose names sort after the given one,
	// in the order of their names.
	List(ctx context.Context, after string, limit int) ([]T, error)

	// Create adds an entity.
	Create(ctx context.Context, entity T) error

	// Update replaces the entity called name by what change makes of a private
	// copy. An error of change leaves it untouched and is returned as it is;
	// change may run more than once.
	Update(ctx context.Context, name string, change func(*T) error) error

	// Delete removes the entity called name, unless allowed objects with an
	// error, which is returned as it is; allowed may run more than once.
	Delete(ctx context.Context, name string, allowed func(T) error) error
}

// Entity is what a Table keeps: it knows its own name and aliases.
type Entity interface {
	EntityName() string
	EntityAliases() []string
}
