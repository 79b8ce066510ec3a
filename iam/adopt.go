package iam

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// ErrOther means that an entity cannot be adopted, since one of its name is here that
// is not the same.
var ErrOther = errors.New("iam: another entity has this name")

// Adoption tells what became of an entity that was taken over from another account.
// If it was not created and nothing changed, it was here before as it is there.
type Adoption struct {
	Created bool
	Changed []string // names of fields, sorted
}

// Adopt brings the entity called name in a table to the state that wanted returns. It
// shows wanted what is there now, nil for nothing, which wanted must not modify. An
// error of wanted changes nothing and is returned as it is, others are those of the
// table; wanted may run more than once.
func Adopt[T Entity](ctx context.Context, table Table[T], name string, wanted func(existing *T) (T, error)) (Adoption, error) {
	existing, err := table.Get(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		entity, err := wanted(nil)
		if err != nil {
			return Adoption{}, err
		}
		return Adoption{Created: true}, table.Create(ctx, entity)
	}
	if err != nil {
		return Adoption{}, err
	}
	next, err := wanted(&existing)
	if err != nil {
		return Adoption{}, err
	}
	changed, err := changedFields(existing, next)
	if err != nil || len(changed) == 0 {
		return Adoption{}, err
	}
	err = table.Update(ctx, name, func(entity *T) error {
		next, err := wanted(entity)
		if err == nil {
			*entity = next
		}
		return err
	})
	return Adoption{Changed: changed}, err
}

// changedFields names the fields in which two entities differ as they are kept. What is
// empty is like what is not there.
func changedFields(before, after any) ([]string, error) {
	a, err := fields(before)
	if err != nil {
		return nil, err
	}
	b, err := fields(after)
	if err != nil {
		return nil, err
	}
	for name, value := range b {
		if bytes.Equal(a[name], value) {
			delete(a, name)
			continue
		}
		a[name] = value
	}
	return slices.Sorted(maps.Keys(a)), nil
}

func fields(entity any) (map[string]json.RawMessage, error) {
	text, err := json.Marshal(entity)
	if err != nil {
		return nil, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	maps.DeleteFunc(all, func(_ string, value json.RawMessage) bool {
		return slices.Contains([]string{"null", "{}", "[]", `""`}, string(value))
	})
	return all, nil
}

// checkSame refuses to take one entity for another of its name. A unique id that is not
// known is no reason to.
func checkSame(kind, name, here, there string) error {
	if here == there || there == "" {
		return nil
	}
	return fmt.Errorf("%w: the %s %s here has the unique id %s, there %s", ErrOther, kind, name, here, there)
}

// checkID refuses what cannot be the unique id of an entity.
func checkID(id, prefix string) error {
	if !strings.HasPrefix(id, prefix) || len(id) < 16 || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		return invalidInput("%q is no unique id that begins with %s.", id, prefix)
	}
	return nil
}

// settled returns a list in the order that it has already, if before has the same
// elements: AWS shows some lists in no order in particular.
func settled[E comparable](list, before []E) []E {
	if len(list) != len(before) {
		return list
	}
	for _, element := range list {
		if !slices.Contains(before, element) {
			return list
		}
	}
	return before
}
