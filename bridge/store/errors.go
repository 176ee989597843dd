package store

import (
	"errors"
	"fmt"

	"drawbridge/bridge"
)

// failed says what was being done when err happened; an error of the domain passes through as it is. Text that cannot be
// stored and references to rows that are not there become codes of the domain here, for every method alike.
func failed(doing string, err error) error {
	var e *bridge.Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	switch kind, _ := faultOf(err); kind {
	case textFault:
		return &bridge.Error{Code: bridge.Invalid, Message: "a value holds a character that cannot be stored; remove U+0000 and whatever is not valid UTF-8", Err: err}
	case missingFault:
		return &bridge.Error{Code: bridge.NotFound, Message: "the customer or user that this belongs to does not exist", Err: err}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// taken turns the violation of a unique index into an error of the domain and leaves any other error alone.
func taken(err error, code bridge.Code, message string) error {
	if kind, _ := faultOf(err); kind == uniqueFault {
		return &bridge.Error{Code: code, Message: message, Err: err}
	}
	return err
}

// refusal makes an error of the domain without a cause.
func refusal(code bridge.Code, message string) error {
	return &bridge.Error{Code: code, Message: message}
}

func errUnauthorized() error {
	return refusal(bridge.Unauthorized, "the bearer token is unknown, expired or revoked; create another one")
}

func errRefused() error {
	return refusal(bridge.Refused, "this customer's connection is not in service: it is switched off or was disconnected; ask the vendor's support")
}

func errRestored() error {
	return refusal(bridge.Unavailable, "the service was restored from a backup, and this connection goes on when the vendor's support has approved; send the same request again later")
}

func errFrozen(slug string) error {
	return refusal(bridge.Conflict, "the database was restored from a backup, and nothing of "+slug+" moves until a person approves; see `drawbridge restore review "+slug+"`")
}

func errNoUser() error { return refusal(bridge.NotFound, "no such user") }

func errNoCustomer() error {
	return refusal(bridge.NotFound, "no such customer; `drawbridge customer list` shows them all")
}
