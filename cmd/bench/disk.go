package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// diskPosts is how many users are created to see what one takes on disk.
const diskPosts = 2_000

// tableSize is what a table takes on disk, its long values with it and its indexes without, in bytes.
type tableSize struct {
	name  string
	bytes float64
}

const tableSizes = `SELECT relname, pg_table_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname`

// sizesOf asks PostgreSQL for every table of the service.
func sizesOf(ctx context.Context, db database) (all []tableSize, err error) {
	p, err := db.kind.open(db.url)
	if err != nil {
		return nil, err
	}
	defer p.close()
	rows, err := p.readers.QueryContext(ctx, tableSizes)
	if err != nil {
		return nil, fmt.Errorf("ask for the size of the tables: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var t tableSize
		if err := rows.Scan(&t.name, &t.bytes); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

// grownPer is what each table has grown by, per user; tables that have not are left out.
func grownPer(users int, before, after []tableSize) (grown []tableSize, total float64) {
	was := make(map[string]float64, len(before))
	for _, t := range before {
		was[t.name] = t.bytes
	}
	for _, t := range after {
		if per := (t.bytes - was[t.name]) / float64(users); per > 0 {
			grown = append(grown, tableSize{t.name, per})
			total += per
		}
	}
	return grown, total
}

func describeSizes(tables []tableSize) string {
	said := make([]string, len(tables))
	for i, t := range tables {
		said[i] = fmt.Sprintf("%s %.0f", t.name, t.bytes)
	}
	return strings.Join(said, ", ") + " bytes"
}

func sizeOf(table string, in []tableSize) float64 {
	for _, t := range in {
		if t.name == table {
			return t.bytes
		}
	}
	return 0
}

// disk measures what a user takes on PostgreSQL after so many were created over SCIM.
func (b *bench) disk(ctx context.Context, k kind, r *report) (err error) {
	var end cleanup
	defer func() { err = errors.Join(err, end.run()) }()
	s, err := b.newService(ctx, k, "disk", &end)
	if err != nil {
		return err
	}
	before, err := sizesOf(ctx, s.db)
	if err != nil {
		return err
	}
	if err := s.serve(ctx); err != nil {
		return err
	}
	err = (&crowd{client: s.client(b.connections)}).gather(ctx, b.connections, diskPosts)
	if err := errors.Join(err, s.process.stop()); err != nil {
		return err
	}
	after, err := sizesOf(ctx, s.db)
	if err != nil {
		return err
	}
	grown, total := grownPer(diskPosts, before, after)
	r.stored(fmt.Sprintf("after %d POSTs", diskPosts), sizeOf("users", grown))
	r.storedInAll(total, describeSizes(grown))
	return nil
}
