package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// usage is processor time.
type usage struct {
	server time.Duration // of the process under load
	self   time.Duration // of the load generator
	busy   time.Duration // of all programs of the machine
	stolen time.Duration // by other virtual machines
	total  time.Duration // all there was, idle or not
}

func (u usage) minus(v usage) usage {
	return usage{u.server - v.server, u.self - v.self, u.busy - v.busy, u.stolen - v.stolen, u.total - v.total}
}

// others is the share of the machine that programs took which are none of ours.
func (u usage) others() float64 {
	return max(0, float64(u.busy-u.server-u.self)/float64(u.total))
}

func (u usage) steal() float64 { return float64(u.stolen) / float64(u.total) }

// usageBetween returns what was used from begin to end.
func usageBetween(ctx context.Context, pid int, begin, end time.Time) (usage, error) {
	first, err := usageAt(ctx, pid, begin)
	if err != nil {
		return usage{}, err
	}
	last, err := usageAt(ctx, pid, end)
	return last.minus(first), err
}

func usageAt(ctx context.Context, pid int, moment time.Time) (usage, error) {
	select {
	case <-ctx.Done():
		return usage{}, ctx.Err()
	case <-time.After(time.Until(moment)):
	}
	server, err := processTime(pid)
	if err != nil {
		return usage{}, err
	}
	self, err := processTime(os.Getpid())
	if err != nil {
		return usage{}, err
	}
	machine, err := os.ReadFile("/proc/stat")
	if err != nil {
		return usage{}, err
	}
	u, err := parseMachine(machine)
	u.server, u.self = server, self
	return u, err
}

func processTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseProcess(stat)
}

// parseProcess reads utime and stime of /proc/PID/stat, see proc(5). They count
// threads that have ended, too.
func parseProcess(stat []byte) (time.Duration, error) {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // a program may be called anything
	if len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat is too short")
	}
	ticks, err := parseTicks(fields[11:13])
	if err != nil {
		return 0, err
	}
	return ticks[0] + ticks[1], nil
}

// parseMachine reads the first line of /proc/stat, see proc(5).
func parseMachine(stat []byte) (usage, error) {
	line, _, _ := bytes.Cut(stat, []byte("\n"))
	fields := bytes.Fields(line)
	if len(fields) < 9 {
		return usage{}, errors.New("/proc/stat is too short")
	}
	ticks, err := parseTicks(fields[1:9])
	if err != nil {
		return usage{}, err
	}
	user, nice, system, steal := ticks[0], ticks[1], ticks[2], ticks[7]
	u := usage{busy: user + nice + system, stolen: steal}
	for _, t := range ticks {
		u.total += t
	}
	return u, nil
}

// parseTicks reads times in clock ticks, which are hundredths of a second in every
// Linux (USER_HZ).
func parseTicks(fields [][]byte) ([]time.Duration, error) {
	var times []time.Duration
	for _, f := range fields {
		ticks, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return nil, err
		}
		times = append(times, time.Duration(ticks)*10*time.Millisecond)
	}
	return times, nil
}
