package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// counting is what a progress bar counts.
type counting int

const (
	countIdentities counting = iota
	countBytes
)

func (c counting) options() []progressbar.Option {
	if c == countBytes {
		return []progressbar.Option{progressbar.OptionShowBytes(true)}
	}
	return []progressbar.Option{progressbar.OptionShowIts(), progressbar.OptionSetItsString("identities")}
}

// progress shows on a terminal how far something is, and elsewhere nothing: report is nil
// there. It is used by one goroutine at a time.
type progress struct {
	report func(done, all int64) // all is -1 where nobody knows it
	bar    *progressbar.ProgressBar
}

func newProgress(out io.Writer, terminal bool, what string, c counting) *progress {
	p := &progress{}
	if !terminal {
		return p
	}
	p.report = func(done, all int64) {
		if p.bar == nil {
			p.bar = progressbar.NewOptions64(all, append(c.options(),
				progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(),
				progressbar.OptionSetWidth(20), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())...)
		}
		_ = p.bar.Set64(done) // a bar that cannot be drawn is no reason to stop
	}
	return p
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

func onTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
