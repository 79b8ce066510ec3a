package pgtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Standby makes a server that follows s. From then on, whoever commits on s waits until it
// is on the standby's disk as well.
func (s *Server) Standby(ctx context.Context, parent string, settings ...string) (*Server, error) {
	const name = "standby"
	primary := fmt.Sprintf("host=127.0.0.1 port=%d user=%s application_name=%s", s.port, superuser, name)
	standby, err := newServer(parent, append(settings, "primary_conninfo="+primary))
	if err != nil {
		return nil, err
	}
	err = standby.run(ctx, "pg_basebackup", "--dbname", primary, "--pgdata", standby.data(), "--write-recovery-conf", "--checkpoint", "fast", "--no-sync")
	if err == nil {
		err = standby.Restart(ctx)
	}
	if err == nil {
		err = s.Exec(ctx, "postgres", "ALTER SYSTEM SET synchronous_standby_names = '"+name+"'")
	}
	if err == nil {
		err = s.Exec(ctx, "postgres", "SELECT pg_reload_conf()")
	}
	if err == nil {
		err = s.awaitStandby(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, standby.Remove())
	}
	return standby, nil
}

// awaitStandby returns when commits wait for a standby.
func (s *Server) awaitStandby(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	c, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var there bool
		err := c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')").Scan(&there)
		if err != nil || there {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("pgtest: no standby follows: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// Promote makes a standby the primary that it followed, which has to have ended.
func (s *Server) Promote(ctx context.Context) error {
	return s.Exec(ctx, "postgres", "SELECT pg_promote()")
}
