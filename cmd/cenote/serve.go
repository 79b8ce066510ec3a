package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
)

// serve is the command of that name.
func serve(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := newFlags("serve")
	settings, err := readSettings(flags, args, "cenote-data")
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	for _, name := range strangeVariables(flags) {
		log.Warn("this variable is no setting", slog.String("name", name))
	}
	i, l, err := start(ctx, settings, log)
	if err != nil {
		return err
	}
	if i.freshKey {
		root := i.services.Root
		fmt.Fprintf(stdout, "The root access key of this server. It is shown this once:\n\n"+
			"  export AWS_ACCESS_KEY_ID=%s\n  export AWS_SECRET_ACCESS_KEY=%s\n\n", root.ID, string(root.Secret))
	}
	log.Info("ready", slog.String("endpoint", "http://"+l.Addr().String()), slog.String("data", settings.place()))
	return i.serve(ctx, l, i.handler)
}

// start takes the address and opens the data folder, both or neither.
func start(ctx context.Context, settings Settings, log *slog.Logger) (*instance, net.Listener, error) {
	l, err := listen(ctx, settings.Listen)
	if err != nil {
		return nil, nil, err
	}
	i, err := open(ctx, settings, log)
	if err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	return i, l, nil
}
