package bridge

import "time"

// Look is a due user as a look at the queue finds it.
type Look struct {
	Due     Due
	Subject Subject
	Err     error // why what is known of the user cannot be read, and Subject is zero; nil: it can
}

// Settlement is how a look at a user ended that left nothing to do at once.
type Settlement struct {
	Due     Due       // the mark as it was read, with the version of the user that was looked at
	Next    time.Time // when to look again; zero: not until something changes
	Pending bool      // what the mark is for is still to be done at Next, so that its rank and attempts stay
}
