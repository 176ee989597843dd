package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of processor time in /proc, on every architecture of Linux.
const tick = 10 * time.Millisecond

// usage is what /proc/PID/stat says of a process (proc(5)).
type usage struct {
	program string
	parent  int
	own     time.Duration // user and system time
	ended   time.Duration // that of its children that ended
}

func usageOf(pid int) (usage, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return usage{}, err
	}
	return parseUsage(b)
}

// parseUsage counts from the last parenthesis: the name of a program may hold others, and spaces.
func parseUsage(stat []byte) (usage, error) {
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return usage{}, errors.New("/proc/PID/stat names no program")
	}
	fields := strings.Fields(string(stat[end+1:]))
	if len(fields) < 15 {
		return usage{}, fmt.Errorf("/proc/PID/stat has %d fields behind the program", len(fields))
	}
	var n [5]int64 // parent, user, system, children's user, children's system
	for i, field := range []int{1, 11, 12, 13, 14} {
		var err error
		if n[i], err = strconv.ParseInt(fields[field], 10, 64); err != nil {
			return usage{}, fmt.Errorf("/proc/PID/stat: %w", err)
		}
	}
	return usage{
		program: string(stat[open+1 : end]), parent: int(n[0]),
		own: time.Duration(n[1]+n[2]) * tick, ended: time.Duration(n[3]+n[4]) * tick,
	}, nil
}

// familyTime is the processor time of a process and of all its children, those that ended too.
func familyTime(pid int) (time.Duration, error) {
	parent, err := usageOf(pid)
	if err != nil {
		return 0, err
	}
	total := parent.own + parent.ended
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		u, err := usageOf(child)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it ended meanwhile
		}
		if err != nil {
			return 0, err
		}
		if u.parent == pid {
			total += u.own
		}
	}
	return total, nil
}

// postmaster finds the process whose children are the backends of the PostgreSQL server.
func (b *bench) postmaster(ctx context.Context) (pid int, err error) {
	u, err := b.serverURL()
	if err != nil {
		return 0, err
	}
	admin, err := sql.Open("postgres", u.String())
	if err != nil {
		return 0, err
	}
	defer admin.Close()
	conn, err := admin.Conn(ctx) // the backend must still be there when it is looked at
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	var backend int
	if err := conn.QueryRowContext(ctx, `SELECT pg_backend_pid()`).Scan(&backend); err != nil {
		return 0, err
	}
	found, err := usageOf(backend)
	if err != nil || !strings.HasPrefix(found.program, "postgres") {
		return 0, fmt.Errorf("the server in %s does not run on this machine, so that its processor time cannot be read: "+
			"use one that does (`make bench` starts one), or leave out what needs it with -growth=false", serverVariable)
	}
	return found.parent, nil
}

// processorTime is what the service has used so far, and its PostgreSQL server with it. Nothing else may use that server meanwhile.
func (s *service) processorTime() (time.Duration, error) {
	own, err := usageOf(s.process.cmd.Process.Pid)
	if err != nil || s.db.kind == sqlite {
		return own.own, err
	}
	server, err := familyTime(s.bench.serverPID)
	return own.own + server, err
}
