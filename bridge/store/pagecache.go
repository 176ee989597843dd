package store

import (
	"context"
	"time"
)

// The connections to SQLite of one process share what they keep of its pages (SQLITE_ENABLE_MEMORY_MANAGEMENT, with which our driver
// is built). One that has filled its part takes the oldest pages of the others, and holds them for as long as it rests: after a large
// transaction or a large result, what another connection reads is forgotten at once, and a statement over everybody reads eight times
// as many pages. So whoever did much has everything given back. It is not done more often: what everybody needs is read anew after it.

const (
	muchWritten = 1000 // statements and rows of one transaction

	giveBack    = `PRAGMA shrink_memory`
	giveBackFor = time.Second
)

// givePagesBack empties what SQLite's connections share. It runs on one that nobody holds while waiting for another; any of the process
// would do. Where it fails, something takes longer.
func (s *Store) givePagesBack() {
	if s.dialect != sqlite {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), giveBackFor)
	defer cancel()
	if _, err := s.logged.ExecContext(ctx, giveBack); err != nil {
		s.log.Debug("SQLite's pages were not given back", "err", err)
	}
}
