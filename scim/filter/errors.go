package filter

import "fmt"

// NoPos is the Pos of an Error about the meaning of a filter rather than about one place in its text.
const NoPos = -1

// Error says what is wrong with a filter or path: 400 invalidFilter or invalidPath. Its text names attributes
// and operators, never a literal, since literals are people's names and addresses.
type Error struct {
	Pos int    // byte offset from 0, or NoPos
	Msg string // what is expected, or what cannot be asked
}

// Error implements error.
func (e *Error) Error() string {
	if e.Pos == NoPos {
		return e.Msg
	}
	return fmt.Sprintf("at byte %d: %s", e.Pos, e.Msg)
}

// refuse is an Error about the meaning of a filter.
func refuse(format string, args ...any) *Error {
	return &Error{Pos: NoPos, Msg: fmt.Sprintf(format, args...)}
}
