package main

import "flag"

// keptFlags say where everything is kept and what opens it, together with Settings.Data.
type keptFlags struct {
	master   masterFlags
	endpoint string
}

// registerKept adds the flags that all commands have which open what is kept.
func (s *Settings) registerKept(flags *flag.FlagSet, data string) *keptFlags {
	kept := &keptFlags{}
	flags.StringVar(&s.Data, "data", data, "folder with everything that is kept")
	flags.StringVar(&s.Database, "database", "", "`URL` of a PostgreSQL database, in the place of the folder: postgres://USER:PASSWORD@HOST:PORT/NAME")
	kept.master.register(flags)
	flags.StringVar(&kept.endpoint, "kms-endpoint", "", "`URL` of a KMS other than AWS's own")
	flags.String("config", "", "`FILE` with a setting a line, such as: listen 127.0.0.1:4577")
	return kept
}

// choosePlace leaves one of folder and database.
func (s *Settings) choosePlace(flags *flag.FlagSet) error {
	if s.Database == "" {
		return nil
	}
	if isSet(flags, "data") {
		return &usageError{"set one of data and database, not both"}
	}
	s.Data = ""
	return nil
}

// readKept reads the settings of a command that opens what a server keeps. The config
// file may be the server's.
func readKept(flags *flag.FlagSet, args []string) (Settings, *keptFlags, error) {
	var s Settings
	kept := s.registerKept(flags, "cenote-data")
	server := newFlags("serve")
	new(Settings).registerServer(server)
	if err := parse(flags, args, server); err != nil {
		return s, nil, err
	}
	if err := s.choosePlace(flags); err != nil {
		return s, nil, err
	}
	var err error
	s.MasterKey, err = kept.master.read(kept.endpoint)
	return s, kept, err
}
