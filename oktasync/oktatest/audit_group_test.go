package oktatest

import (
	"strings"
	"testing"
)

func TestI5_GroupsThatAreWrittenAreRecords(t *testing.T) {
	group := func(method, op, path, name, description string) Entry {
		return Entry{Method: method, Path: "/api/v1/groups" + path, Op: op, GroupID: teamID, Body: []byte(`{"profile":{"name":"` + name + `","description":"` + description + `"}}`)}
	}
	made := func() *story { return newStory().call(group("POST", "create_group", "", "drawbridge-record", "{}")) }
	runAudit(t, []auditCase{
		{name: "a record", log: made().call(group("PUT", "replace_group", "/"+teamID, "drawbridge-record", "{}"))},
		{name: "a customer's record", log: newStory().call(group("POST", "create_group", "", "drawbridge-record-1", "{}"))},
		{name: "a record of another name", log: newStory().call(group("POST", "create_group", "", "kept-1", "{}")), opts: AuditOptions{Records: "kept"}},
		{name: "a group of others", log: newStory().call(group("PUT", "replace_group", "/"+teamID, "Sales", "{}")), broken: "I5", says: "no record of the program"},
		{name: "a group that is called alike", log: newStory().call(group("POST", "create_group", "", "drawbridge-records", "{}")), broken: "I5", says: "no record of the program"},
		{name: "too long", log: newStory().call(group("POST", "create_group", "", "drawbridge-record", strings.Repeat("x", 1025))), broken: "I5", says: "longer than Okta keeps"},
		{name: "by its name", log: made().call(group("PUT", "replace_group", "/drawbridge-record", "drawbridge-record", "{}")), broken: "I5", says: "no group id"},
		{name: "a group is deleted", log: made().call(Entry{Method: "DELETE", Path: "/api/v1/groups/" + teamID, Op: "delete_group", GroupID: teamID}), broken: "I5", says: "not the program's"},
		{name: "a rule is made", log: newStory().call(Entry{Method: "POST", Path: "/api/v1/groups/rules", Op: "create_rule"}), broken: "I5", says: "not the program's"},
		{name: "a record gets a right", log: made().call(Entry{Method: "POST", Path: "/api/v1/groups/" + teamID + "/roles", Op: "assign_role", GroupID: teamID}), broken: "I5", says: "neither members nor rights"},
		{name: "writes of others do not count", log: newStory().call(group("PUT", "replace_group", "/"+teamID, "Sales", "{}"), func(e *Entry) { e.Token = "other" })},
	})
}
