package oktatest

import (
	"encoding/json"
	"strings"
)

// maxDescription is how many characters a group's description may have.
const maxDescription = 1024

// recordsAlone is I5 for groups: those that are written as such are the program's own records, which have a name of their own, no
// members, and stay.
func (au *auditor) recordsAlone() {
	own := map[string]bool{} // ids of records
	for _, e := range au.own {
		if !e.Write() {
			continue
		}
		switch e.Op {
		case "create_group", "replace_group":
			name, description := e.groupSent()
			if !au.isRecord(name) {
				au.report("I5", e, "the group %q is no record of the program", name)
			}
			if len([]rune(description)) > maxDescription {
				au.report("I5", e, "the record is longer than Okta keeps")
			}
			own[e.GroupID] = true
		case "delete_group", "create_rule", "replace_rule", "delete_rule", "activate_rule", "deactivate_rule":
			au.report("I5", e, "a group, or what makes its members, is not the program's to change")
		case "add_member", "remove_member", "assign_role", "unassign_role":
			if _, group := pathIDs(e.Path); own[group] {
				au.report("I5", e, "a record has neither members nor rights")
			}
		}
	}
}

func (au *auditor) isRecord(name string) bool {
	return name == au.Records || strings.HasPrefix(name, au.Records+"-")
}

// groupSent returns what the request writes of a group.
func (e Entry) groupSent() (name, description string) {
	var body struct {
		Profile struct{ Name, Description string }
	}
	if json.Unmarshal(e.Body, &body) != nil {
		return "", ""
	}
	return body.Profile.Name, body.Profile.Description
}
