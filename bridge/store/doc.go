// Package store keeps the domain in PostgreSQL or SQLite: every method is one statement or one transaction, and answers
// with the domain's error codes.
//
// The credential of an identity provider is checked by the statement that reads or writes for it, never ahead of it, so
// that a token is refused by every replica from the commit of its revocation on. On PostgreSQL a write holds the rows of
// its token and customer FOR SHARE until it commits; whoever revokes a token or changes a customer takes them for update
// and so waits for the writes before it, and the writes after it see what it did. SQLite has one writer at a time.
//
// Events commit into event_inbox without a number; NumberEvents moves them to events. An event's place of arrival is
// taken after its transaction holds every row it changes, so what follows from another commit arrives after it.
package store
