package store

import (
	"context"
	"errors"
	"net"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

var errNoCancel = errors.New("store: statements are not canceled")

// neverCancel keeps a connection, which is about to be made, from asking the server to
// cancel what is given up here. A commit that waits for a synchronous standby would take
// that for an end of its waiting: others would see it, and tell of it, while it is on one
// disk alone, and gone with that. Left to itself it stays unseen until the standby has it.
func neverCancel(_ context.Context, config *pgx.ConnConfig) error {
	var connected atomic.Bool
	dial, after := config.DialFunc, config.AfterConnect
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if connected.Load() {
			return nil, errNoCancel
		}
		return dial(ctx, network, address)
	}
	config.AfterConnect = func(ctx context.Context, c *pgconn.PgConn) error {
		connected.Store(true)
		if after == nil {
			return nil
		}
		return after(ctx, c)
	}
	return nil
}
