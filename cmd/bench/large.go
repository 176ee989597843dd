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

// largeCustomer measures what depends on the size of a customer: the last page of its list beside the first, and how the
// service starts and idles over it.
func (b *bench) largeCustomer(ctx context.Context, k kind, r *report) (err error) {
	var end cleanup
	defer func() { err = errors.Join(err, end.run()) }()
	s, err := b.newService(ctx, k, "large", &end)
	if err != nil {
		return err
	}
	if err := s.serve(ctx); err != nil {
		return err
	}
	c := &crowd{client: s.client(1)}
	first, err := c.create(ctx)
	if err := errors.Join(err, s.process.stop()); err != nil {
		return err
	}
	b.say("%s: making a customer of %d users", k, b.deep)
	if err := multiply(ctx, s.db, first, b.deep); err != nil {
		return err
	}
	begun, resident, err := s.starts(ctx)
	if err != nil {
		return err
	}
	r.started(k, begun, resident)
	if err := s.serve(ctx); err != nil {
		return err
	}
	end.add(s.process.stop)
	near, far, err := pages(ctx, s.client(1), first.UserName, b.deep)
	if err != nil {
		return err
	}
	r.paged(k, b.deep, near, far)
	return nil
}

// The copies of the first user bear their number in its place. The service is not running, so nothing else is told of them:
// the syncer sees users about whom nothing is due.
const (
	numbersPostgres = `(SELECT generate_series(2, $2) AS n) AS numbers`
	numbersSQLite   = `(WITH RECURSIVE upto (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM upto WHERE n < $2) SELECT n FROM upto) AS numbers`

	copyUsers = `INSERT INTO users (id, customer_id, user_name_key, external_id, doc, folded, version, connected, active, removed_at, deleted_at, created_at, modified_at)
SELECT substr(id, 1, 24) || substr('000000000000' || n, -12), customer_id, replace(user_name_key, 'person-1@', 'person-' || n || '@'),
  replace(external_id, 'person-1@', 'person-' || n || '@'), replace(doc, 'person-1@', 'person-' || n || '@'), replace(folded, 'person-1@', 'person-' || n || '@'),
  version, connected, active, removed_at, deleted_at, created_at, modified_at
FROM users, `
	copyOf = ` WHERE user_name_key = $1`

	countCopies = `INSERT INTO user_block (customer_id, block, users, active)
SELECT customer_id, ordinal / 1024, COUNT(*), COUNT(*) FROM users WHERE user_name_key <> $1 GROUP BY customer_id, ordinal / 1024`
)

// multiply makes the one user that the service stored into many, in the store's own tables.
func multiply(ctx context.Context, db database, first *person, users int) error {
	p, err := db.kind.open(db.url)
	if err != nil {
		return err
	}
	defer p.close()
	numbers := numbersSQLite
	if db.kind == postgres {
		numbers = numbersPostgres
	}
	tx, err := p.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after the commit
	if _, err := tx.ExecContext(ctx, copyUsers+numbers+copyOf, first.UserName, users); err != nil {
		return fmt.Errorf("copy the user: %w", err)
	}
	if _, err := tx.ExecContext(ctx, countCopies, first.UserName); err != nil {
		return fmt.Errorf("count the copies: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	if db.kind == postgres { // what autovacuum would have done while users came one by one
		_, err = p.writer.ExecContext(ctx, `VACUUM ANALYZE users, user_block`)
	}
	return err
}

// pages reads the first and the last page by turns and returns the median latency of each.
func pages(ctx context.Context, c *client, firstName string, users int) (near, far time.Duration, err error) {
	var times [2][]time.Duration
	ends := []struct {
		start, index int // of the page, and of a user whose name is known
		name         string
	}{
		{1, 0, firstName},
		{users - pageSize + 1, pageSize - 1, fmt.Sprintf("person-%d@bench.example", users)},
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
