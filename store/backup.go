package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

// backupPages is how many pages are copied between two looks at the context.
const backupPages = 1024

// Backup copies the file of a data folder into another folder, as the new file cenote.db
// that only this user can read: one state of it, however much is written meanwhile, with
// whatever was answered before. It needs no master key. The copy is on disk when Backup
// returns; with an error there is none. progress, which may be nil, is told how many of
// all bytes are copied.
func Backup(ctx context.Context, from, to string, progress func(done, all int64)) (err error) {
	source := filepath.Join(from, "cenote.db")
	if err := provideFile(source, true); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	c, err := openWriter(source)
	if err != nil {
		return openError(source, err)
	}
	defer func() { err = errors.Join(err, c.close()) }()
	target := filepath.Join(to, "cenote.db")
	if _, err := os.Stat(target); err == nil {
		return fmt.Errorf("store: %s is there already: back up into another folder: %w", target, fs.ErrExist)
	}
	if err := createFile(target); err != nil {
		return openError(target, err)
	}
	err = c.copyTo(ctx, target, progress)
	if err == nil {
		err = checkCopy(target)
	}
	if err == nil {
		err = syncFile(target)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("store: backing up %s to %s: %w", source, target, err), os.Remove(target))
	}
	return nil
}

// copyTo copies the database, page by page, to an empty file. As long as the transaction
// lasts, this connection sees one state, so that the writes of others do not make it
// begin anew.
func (c *sqliteConn) copyTo(ctx context.Context, target string, progress func(done, all int64)) (err error) {
	if _, err := c.exec(`BEGIN`); err != nil {
		return err
	}
	defer func() {
		_, end := c.exec(`ROLLBACK`)
		err = errors.Join(err, end)
	}()
	var pageSize int64
	if err := c.query(`PRAGMA page_size`, func(r row) error { return r.scan(&pageSize) }); err != nil {
		return err
	}
	if err := c.query(`SELECT count(*) FROM sqlite_schema`, func(row) error { return nil }); err != nil {
		return err // what begins the transaction in truth is its first read
	}
	name := url.URL{Scheme: "file", OmitHost: true, Path: target}
	backup, err := c.db.BackupInit("main", name.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, backup.Close()) }()
	for done := false; !done; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if done, err = backup.Step(backupPages); err != nil {
			return err
		}
		if progress != nil {
			all := int64(backup.PageCount())
			progress((all-int64(backup.Remaining()))*pageSize, all*pageSize)
		}
	}
	return nil
}

// checkCopy reads all of a copy once more: what was damaged before it was copied is
// worth knowing now.
func checkCopy(file string) (err error) {
	c, err := openConn(file, `PRAGMA trusted_schema=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE`)
	if err != nil {
		return openError(file, err)
	}
	defer func() { err = errors.Join(err, c.close()) }()
	return c.query(`PRAGMA quick_check(1)`, func(r row) error {
		var found string
		if err := r.scan(&found); err != nil || found == "ok" {
			return err
		}
		return &DamagedError{Path: file, Err: errors.New(found)}
	})
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
