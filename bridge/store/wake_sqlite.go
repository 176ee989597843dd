package store

import (
	"context"
	"time"
)

// pollEvery is how often the file is asked whether another process wrote to it.
const pollEvery = 200 * time.Millisecond

// watch delivers a wake-up whenever the file was written to, by whatever process: SQLite has no notifications. It ends
// with ctx.
func (s *Store) watch(ctx context.Context, wakes chan<- struct{}) {
	conn, err := s.readers.Connx(ctx) // data_version tells of changes since the same connection last asked
	if err != nil {
		s.log.WarnContext(ctx, "other processes' writes are not noticed; the syncer's schedule makes up for it", "error", err)
		return
	}
	defer conn.Close()
	ticks := time.NewTicker(pollEvery)
	defer ticks.Stop()
	var seen int64
	for {
		var version int64
		if err := conn.GetContext(ctx, &version, `PRAGMA data_version`); err == nil && version != seen {
			seen = version
			poke(wakes)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}
