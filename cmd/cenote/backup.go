package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"github.com/cenotehq/cenote/store"
)

// backedUp is what backup prints with --json.
type backedUp struct {
	Folder    string `json:"folder"`
	Bytes     int64  `json:"bytes"`
	MasterKey bool   `json:"masterKey"` // is in the folder
}

// backup is the command of that name.
func backup(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := newFlags("backup")
	output := flags.String("output", "", "`FOLDER` to make, on which a server can be started")
	withKey := flags.Bool("with-master-key", false, "copy master.key as well: whoever has that backup has all secrets")
	asJSON := flags.Bool("json", false, "print what was backed up as one line of JSON")
	settings, err := readSettings(flags, args, "cenote-data")
	if err != nil {
		return err
	}
	switch {
	case settings.Database != "":
		return &usageError{"this backs up data folders; a PostgreSQL database has tools of its own, such as pg_dump and pg_basebackup, and `cenote export` is for both"}
	case *output == "":
		return &usageError{"say where to: `cenote backup --data FOLDER --output NEW-FOLDER`"}
	case *withKey && settings.MasterKey != (MasterKey{}):
		return &usageError{"the master key comes from elsewhere and not from " + masterKeyFile + " in the folder: leave --with-master-key out, and keep the key where it is kept now"}
	}
	shown := newProgress(stderr, onTerminal(stderr), "backing up", countBytes)
	result := backedUp{Folder: *output, MasterKey: *withKey}
	err = makeFolder(*output, func(draft string) error {
		defer shown.end()
		if *withKey {
			if _, err := importCustody(settings, "name the data folder of a server that has been started once with --data"); err != nil {
				return err
			}
			if err := copyFile(filepath.Join(settings.Data, masterKeyFile), filepath.Join(draft, masterKeyFile)); err != nil {
				return fmt.Errorf("copying the master key: %w", err)
			}
		}
		return store.Backup(ctx, settings.Data, draft, func(done, all int64) {
			result.Bytes = all
			if shown.report != nil {
				shown.report(done, all)
			}
		})
	})
	if err != nil {
		return interrupted(ctx, err, "nothing is backed up")
	}
	if *asJSON {
		return json.NewEncoder(stdout).Encode(result)
	}
	_, err = fmt.Fprintf(stdout, "Backed up %s to %s, %d bytes. %s\n", settings.Data, *output, result.Bytes, keyAdvice(settings, *withKey))
	return err
}

func keyAdvice(s Settings, withKey bool) string {
	switch {
	case withKey:
		return "The master key is in it: keep it as safe as the server."
	case s.MasterKey.KMS != nil:
		return "It is of no use without the KMS key " + s.MasterKey.KMS.ID + ", which unwraps its master key."
	case s.MasterKey.File != "":
		return "It is of no use without the key of " + s.MasterKey.File + ", which is not in it."
	case s.MasterKey.Key != nil:
		return "It is of no use without the key of " + envMasterKey + ", which is not in it."
	}
	return fmt.Sprintf("It is of no use without the master key, which is not in it: keep a copy of %s elsewhere.", filepath.Join(s.Data, masterKeyFile))
}
