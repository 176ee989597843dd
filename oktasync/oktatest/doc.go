// Package oktatest is an Okta org in memory, served over HTTP, that shows every status, refusal, limit and fault of the
// real one that Drawbridge depends on, and keeps a log from which Audit proves that the safety rules held.
//
// # Endpoints
//
// Under /api/v1, with the header "Authorization: SSWS token"; routes.go lists them all with their rate buckets:
//
//	users                        create (activate, provider, nextLogin, groupIds), list (q, filter, search, sortBy, limit, after)
//	users/{id|login|short|me}    read, partial update, full update, deactivate and then erase; If-Match on updates
//	users/{id}/lifecycle/*       activate, reactivate, suspend, unsuspend, deactivate, unlock, reset_password, expire_password
//	users/{id}/credentials/*     change_password, change_recovery_question, forgot_password
//	users/{id}/sessions, groups, idps, roles
//	groups, groups/{id}/users, groups/{id}/roles, groups/rules
//	meta/schemas/user/default, meta/schemas/group/default, meta/types/user
//	idps, logs
//
// # States of a user
//
//	           create activate=false            activate
//	                   |                           |
//	                STAGED ---------------> PROVISIONED (no password) or ACTIVE (password, or federated)
//	                                               |  password set
//	SUSPENDED <--suspend-- ACTIVE <----------------+
//	    |----unsuspend---->   |--reset_password--> RECOVERY (or PROVISIONED) --password set--> ACTIVE
//	                          |--expire_password-> PASSWORD_EXPIRED ---------password set--> ACTIVE
//	any of them --deactivate--> DEPROVISIONED --activate--> as from STAGED, without the password it had
//	                                 |--DELETE--> erased
//
// # What it is not
//
// Where Okta's behaviour is documented but not recorded, the code says "(docs)", and Options offers the other way where a
// client has to cope with both. The plain list and filter are not delayed by Options.SearchLag; search is. Applications,
// factors, policies and OAuth are not served.
package oktatest
