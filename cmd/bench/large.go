package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"
)

const (
	pagePairs = 300 // first and last pages that are read
	starts    = 5
)

// largeCustomer measures what depends on the size of a customer: the last page of its list beside the first, how the
// service starts and idles over it, what its users take on disk, and a change of one member in a group of all of them.
func (b *bench) largeCustomer(ctx context.Context, k kind, r *report) (err error) {
	var end cleanup
	defer func() { err = errors.Join(err, end.run()) }()
	s, err := b.newService(ctx, k, "large", &end)
	if err != nil {
		return err
	}
	f := fill{users: b.deep}
	if b.growing {
		f.teams, f.every = 1, 1
	}
	if f, err = s.filled(ctx, f); err != nil {
		return err
	}
	if k == postgres && b.growing {
		sizes, err := sizesOf(ctx, s.db)
		if err != nil {
			return err
		}
		r.stored(fmt.Sprintf("of %d copies of one", b.deep), sizeOf("users", sizes)/float64(b.deep))
	}
	begun, resident, err := s.starts(ctx)
	if err != nil {
		return err
	}
	r.started(k, begun, resident)
	if err := s.serve(ctx); err != nil {
		return err
	}
	end.add(s.stop)
	near, far, err := pages(ctx, s.client(1), f.person.UserName, b.deep)
	if err != nil {
		return err
	}
	r.paged(k, b.deep, near, far)
	if !b.growing {
		return nil
	}
	return b.memberships(ctx, s, f, r)
}

// pages reads the first and the last page by turns and returns the median latency of each.
func pages(ctx context.Context, c *client, firstName string, users int) (near, far time.Duration, err error) {
	var times [2][]time.Duration
	ends := []struct {
		start, index int // of the page, and of a user whose name is known
		name         string
	}{
		{1, 0, firstName},
		{users - pageSize + 1, pageSize - 1, personName(users)},
	}
	for i := range pagePairs {
		for side, e := range ends {
			began := time.Now()
			got, err := c.list(ctx, e.start)
			took := time.Since(began)
			if err != nil {
				return 0, 0, err
			}
			if got.Total != users || got.Resources[e.index].UserName != e.name {
				return 0, 0, fmt.Errorf("the page from %d says %d users and shows %s, want %d and %s", e.start, got.Total, got.Resources[e.index].UserName, users, e.name)
			}
			if i >= pagePairs/10 {
				times[side] = append(times[side], took)
			}
		}
	}
	return median(times[0]), median(times[1]), nil
}

// starts starts the service again and again, and returns the median time until it was ready and the median memory, in bytes,
// that was resident a second later.
func (s *service) starts(ctx context.Context) (time.Duration, float64, error) {
	var times []time.Duration
	var sizes []float64
	for range starts {
		began := time.Now()
		if err := s.serve(ctx); err != nil {
			return 0, 0, err
		}
		times = append(times, time.Since(began))
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
		size, err := residentMemory(s.process.cmd.Process.Pid)
		if err := errors.Join(err, s.process.stop(), ctx.Err()); err != nil {
			return 0, 0, err
		}
		sizes = append(sizes, size)
	}
	return median(times), median(sizes), nil
}

var vmRSS = regexp.MustCompile(`(?m)^VmRSS:\s+([0-9]+) kB$`)

func residentMemory(pid int) (bytes float64, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read the service's memory: %w", err)
	}
	m := vmRSS.FindSubmatch(b)
	if m == nil {
		return 0, errors.New("read the service's memory: /proc says nothing of VmRSS")
	}
	kib, err := strconv.ParseFloat(string(m[1]), 64)
	return kib * 1024, err
}
