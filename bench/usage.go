package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// usage is processor time, and what the process under load allocated.
type usage struct {
	server   time.Duration // of the process under load
	database time.Duration // of the database beside it
	self     time.Duration // of the load generator
	busy     time.Duration // of all programs of the machine
	stolen   time.Duration // by other virtual machines
	total    time.Duration // all there was, idle or not

	objects, bytes uint64
}

func (u usage) minus(v usage) usage {
	return usage{
		u.server - v.server, u.database - v.database, u.self - v.self,
		u.busy - v.busy, u.stolen - v.stolen, u.total - v.total,
		u.objects - v.objects, u.bytes - v.bytes,
	}
}

// others is the share of the machine that programs took which are none of ours.
func (u usage) others() float64 {
	return max(0, float64(u.busy-u.server-u.database-u.self)/float64(u.total))
}

func (u usage) steal() float64 { return float64(u.stolen) / float64(u.total) }

// usageBetween returns what was used from begin to end.
func usageBetween(ctx context.Context, p *process, begin, end time.Time) (usage, error) {
	first, err := usageAt(ctx, p, begin)
	if err != nil {
		return usage{}, err
	}
	last, err := usageAt(ctx, p, end)
	return last.minus(first), err
}

func usageAt(ctx context.Context, p *process, moment time.Time) (usage, error) {
	select {
	case <-ctx.Done():
		return usage{}, ctx.Err()
	case <-time.After(time.Until(moment)):
	}
	machine, err := os.ReadFile("/proc/stat")
	if err != nil {
		return usage{}, err
	}
	u, err := parseMachine(machine)
	if err != nil {
		return usage{}, err
	}
	if u.server, err = processTime(p.pid); err != nil {
		return usage{}, err
	}
	if u.self, err = processTime(os.Getpid()); err != nil {
		return usage{}, err
	}
	if p.database != 0 {
		if u.database, err = familyTime(p.database); err != nil {
			return usage{}, err
		}
	}
	u.objects, u.bytes, err = p.allocations()
	return u, err
}

// familyTime is the time of a process and of its children, those included that have
// ended.
func familyTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	sum, err := parseTimes(stat, 4)
	if err != nil {
		return 0, err
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid))
	if err != nil {
		return 0, err
	}
	for field := range strings.FieldsSeq(string(children)) {
		child, err := strconv.Atoi(field)
		if err != nil {
			return 0, err
		}
		took, err := processTime(child)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // it has just ended
			return 0, err
		}
		sum += took
	}
	return sum, nil
}

// ownMemory is what a process has in memory that is no file's, in megabytes, see
// proc(5).
func ownMemory(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kilobytes, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(text), " kB"), 64)
			return kilobytes * 1024 / 1e6, err
		}
	}
	return 0, errors.New("/proc/PID/status has no RssAnon")
}

func processTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseTimes(stat, 2)
}

// parseTimes adds up the first of utime, stime, cutime and cstime in /proc/PID/stat, see
// proc(5): they count threads that have ended, too, and the last two the children that
// have.
func parseTimes(stat []byte, count int) (time.Duration, error) {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // a program may be called anything
	if len(fields) < 15 {
		return 0, errors.New("/proc/PID/stat is too short")
	}
	ticks, err := parseTicks(fields[11 : 11+count])
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, t := range ticks {
		sum += t
	}
	return sum, nil
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
