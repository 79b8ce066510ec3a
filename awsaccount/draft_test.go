package awsaccount_test

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/awsaccount"
	"github.com/cenotehq/cenote/iam"
)

// TestDraft shows what is written to a draft there, and not in the table behind it.
func TestDraft(t *testing.T) {
	t.Parallel()
	s, ctx := newServices(t), t.Context()
	s.role(t, "Kept")
	kept := ok(s.store.Roles().Get(ctx, "kept"))(t)
	table := awsaccount.Draft[iam.Role](s.store.Roles(), true)
	other := kept
	other.Name, other.ID = "Other", "AROAOTHER0000000000000"
	if err := table.Create(ctx, other); err != nil {
		t.Fatal(err)
	}
	twin := other
	twin.Name = "Twin"
	if err := table.Create(ctx, twin); !errors.Is(err, fs.ErrExist) {
		t.Errorf("two roles with one id: %v", err)
	}
	stop := errors.New("stop")
	if err := table.Update(ctx, "KEPT", func(*iam.Role) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	if err := table.Update(ctx, "KEPT", func(role *iam.Role) error { role.Description = "changed"; return nil }); err != nil {
		t.Fatal(err)
	}
	changed := kept
	changed.Description = "changed"
	same := cmp.Comparer(func(a, b iam.Role) bool { return a.ID == b.ID && a.Description == b.Description })
	for name, want := range map[string]iam.Role{"other": other, "kept": changed} {
		if diff := cmp.Diff(want, ok(table.Get(ctx, name))(t), same); diff != "" {
			t.Errorf("%s in the draft (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(want, ok(table.Find(ctx, want.ID))(t), same); diff != "" {
			t.Errorf("%s in the draft by its id (-want +got):\n%s", name, diff)
		}
	}
	if _, err := s.store.Roles().Get(ctx, "other"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the role is in the table: %v", err)
	}
	if diff := cmp.Diff(kept, ok(s.store.Roles().Get(ctx, "kept"))(t), same); diff != "" {
		t.Errorf("the table has changed (-want +got):\n%s", diff)
	}
	if err := table.Delete(ctx, "kept", func(iam.Role) error { return nil }); err == nil {
		t.Error("a draft deletes")
	}
	if err := table.Update(ctx, "nobody", func(*iam.Role) error { return nil }); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
