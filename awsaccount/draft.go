package awsaccount

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
)

// Draft returns a table that shows what is in another, keeps all changes to itself and
// forgets them, for an import that is only tried. List shows none of the changes, and
// nothing can be deleted: an import does neither. fold makes names compare
// case-insensitively, as the other table's do.
func Draft[T iam.Entity](table iam.Table[T], fold bool) iam.Table[T] {
	return &draft[T]{Table: table, fold: fold, changed: map[string]T{}}
}

type draft[T iam.Entity] struct {
	iam.Table[T]
	fold bool

	mu      sync.Mutex
	changed map[string]T
}

func (d *draft[T]) key(name string) string {
	if d.fold {
		return strings.ToLower(name)
	}
	return name
}

func (d *draft[T]) Get(ctx context.Context, name string) (T, error) {
	d.mu.Lock()
	entity, ok := d.changed[d.key(name)]
	d.mu.Unlock()
	if ok {
		return entity, nil
	}
	return d.Table.Get(ctx, name)
}

func (d *draft[T]) Find(ctx context.Context, alias string) (T, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, entity := range d.changed {
		if slices.Contains(entity.EntityAliases(), alias) {
			return entity, nil
		}
	}
	return d.Table.Find(ctx, alias)
}

func (d *draft[T]) Create(ctx context.Context, entity T) error {
	if _, err := d.Get(ctx, entity.EntityName()); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%q: %w", entity.EntityName(), fs.ErrExist))
	}
	for _, alias := range entity.EntityAliases() {
		if _, err := d.Find(ctx, alias); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(err, fmt.Errorf("%q: %w", alias, fs.ErrExist))
		}
	}
	d.put(entity)
	return nil
}

func (d *draft[T]) Update(ctx context.Context, name string, change func(*T) error) error {
	shared, err := d.Get(ctx, name)
	if err != nil {
		return err
	}
	text, err := json.Marshal(shared)
	if err != nil {
		return err
	}
	var private T
	if err := json.Unmarshal(text, &private); err != nil {
		return err
	}
	if err := change(&private); err != nil {
		return err
	}
	d.put(private)
	return nil
}

func (d *draft[T]) put(entity T) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changed[d.key(entity.EntityName())] = entity
}

func (d *draft[T]) Delete(context.Context, string, func(T) error) error {
	return errors.New("a draft deletes nothing")
}

// DraftIdentities is Draft for identities: new ones are forgotten at once.
func DraftIdentities(identities cognito.Identities) cognito.Identities {
	return draftIdentities{identities}
}

type draftIdentities struct{ cognito.Identities }

func (draftIdentities) CreateIdentity(context.Context, cognito.Identity) error { return nil }

func (draftIdentities) UseIdentity(context.Context, string, time.Time) error { return nil }

func (draftIdentities) DeleteIdentitiesOf(context.Context, string, int) (int, error) { return 0, nil }

func (draftIdentities) DeleteIdentity(context.Context, string) error {
	return errors.New("a draft deletes nothing")
}

// errDraft ends a transaction that would have gone through.
var errDraft = errors.New("awsaccount: only tried")

func (d draftIdentities) LinkLogins(ctx context.Context, pool, self string, logins []cognito.Login,
	decide func(self *cognito.Identity, owners []cognito.Identity) (cognito.Link, error),
) (cognito.Identity, error) {
	_, err := d.Identities.LinkLogins(ctx, pool, self, logins, func(self *cognito.Identity, owners []cognito.Identity) (cognito.Link, error) {
		if _, err := decide(self, owners); err != nil {
			return cognito.Link{}, err
		}
		return cognito.Link{}, errDraft
	})
	if errors.Is(err, errDraft) {
		return cognito.Identity{}, nil
	}
	return cognito.Identity{}, err
}
