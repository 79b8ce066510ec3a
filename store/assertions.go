package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// forgetBatch is how many assertions that are over go with each that comes: more than
// one, so that the table shrinks after a rush.
const forgetBatch = 8

// Assertions is an sts.Assertions: the SAML assertions that one service was shown.
type Assertions struct {
	db      database
	service string
	now     func() time.Time
}

// Assertions returns those of a service. What one service takes is nothing to another.
func (s *Store) Assertions(service string) *Assertions {
	return &Assertions{db: s.db, service: service, now: s.now}
}

// Take gives an assertion, by its issuer and its ID, to taker until it is over;
// fs.ErrExist if another has it. What is over is forgotten by and by.
func (a *Assertions) Take(ctx context.Context, issuer, id, taker string, until time.Time) error {
	key, now := assertionKey(a.service, issuer, id), a.now()
	err := a.db.write(ctx, write{do: func(c conn) error {
		if err := forgetAssertions(c, now); err != nil {
			return err
		}
		switch has, err := takerOf(c, key); {
		case err != nil || has == taker:
			return err
		case has != "":
			return fmt.Errorf("store: assertion of %q: %w", issuer, fs.ErrExist)
		}
		_, err := c.exec(`INSERT INTO saml_assertions (id, taker, expires) VALUES ($1, $2, $3)`, key, taker, until.UnixMilli())
		return err
	}})
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keeping in mind an assertion of %q: %w", issuer, err)
	}
	return err
}

func takerOf(c conn, key string) (taker string, err error) {
	err = c.query(`SELECT taker FROM saml_assertions WHERE id = $1`, func(r row) error { return r.scan(&taker) }, key)
	return taker, err
}

func forgetAssertions(c conn, now time.Time) error {
	_, err := c.exec(`DELETE FROM saml_assertions WHERE id IN
		(SELECT id FROM saml_assertions WHERE expires < $1 ORDER BY expires LIMIT $2)`, now.UnixMilli(), forgetBatch)
	return err
}

// assertionKey is of one length, however long the names are that a provider gives out.
func assertionKey(names ...string) string {
	var all strings.Builder
	for _, name := range names {
		all.WriteString(strconv.Itoa(len(name)) + ":" + name)
	}
	sum := sha256.Sum256([]byte(all.String()))
	return hex.EncodeToString(sum[:])
}
