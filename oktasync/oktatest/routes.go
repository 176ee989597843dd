package oktatest

import (
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"
)

// route is one endpoint: its rate bucket, the operation's name in the log, and what it does. do runs under the lock.
type route struct {
	method, pattern string
	bucket          string
	op              string
	do              func(o *Org, c *call) (answer, error)
}

// table lists every route that the org serves.
func table() []route { return slices.Concat(userRoutes(), groupRoutes(), orgRoutes()) }

func userRoutes() []route {
	return []route{
		{"POST", "/api/v1/users", bucketUsers, "create", (*Org).createUser},
		{"GET", "/api/v1/users", bucketUsers, "list", (*Org).listUsers},
		{"GET", "/api/v1/users/me", bucketMe, "me", (*Org).readMe},
		{"GET", "/api/v1/users/{user}", bucketUserRead, "read", (*Org).readUser},
		{"POST", "/api/v1/users/{user}", bucketUserWrite, "update", (*Org).updateUser},
		{"PUT", "/api/v1/users/{user}", bucketUserWrite, "replace", (*Org).replaceUser},
		{"DELETE", "/api/v1/users/{user}", bucketUserWrite, "delete", (*Org).deleteUser},

		{"POST", "/api/v1/users/{user}/lifecycle/activate", bucketUsers, "activate", (*Org).activate},
		{"POST", "/api/v1/users/{user}/lifecycle/reactivate", bucketUsers, "reactivate", (*Org).reactivate},
		{"POST", "/api/v1/users/{user}/lifecycle/suspend", bucketUsers, "suspend", (*Org).suspend},
		{"POST", "/api/v1/users/{user}/lifecycle/unsuspend", bucketUsers, "unsuspend", (*Org).unsuspend},
		{"POST", "/api/v1/users/{user}/lifecycle/deactivate", bucketUsers, "deactivate", (*Org).deactivate},
		{"POST", "/api/v1/users/{user}/lifecycle/unlock", bucketUsers, "unlock", (*Org).unlock},
		{"POST", "/api/v1/users/{user}/lifecycle/reset_password", bucketUsers, "reset_password", (*Org).resetPassword},
		{"POST", "/api/v1/users/{user}/lifecycle/expire_password", bucketUsers, "expire_password", (*Org).expirePassword},
		{"POST", "/api/v1/users/{user}/lifecycle/expire_password_with_temp_password", bucketUsers, "expire_password", (*Org).expirePasswordTemporary},
		{"POST", "/api/v1/users/{user}/credentials/change_password", bucketUsers, "change_password", (*Org).changePassword},
		{"POST", "/api/v1/users/{user}/credentials/change_recovery_question", bucketUsers, "change_recovery_question", (*Org).changeQuestion},
		{"POST", "/api/v1/users/{user}/credentials/forgot_password", bucketUsers, "forgot_password", (*Org).forgotPassword},
		{"DELETE", "/api/v1/users/{user}/sessions", bucketUsers, "end_sessions", (*Org).endSessions},

		{"GET", "/api/v1/users/{user}/groups", bucketUsers, "user_groups", (*Org).listUserGroups},
		{"GET", "/api/v1/users/{user}/idps", bucketUsers, "user_idps", (*Org).listUserIdPs},
		{"GET", "/api/v1/users/{user}/roles", bucketUsers, "user_roles", (*Org).listRoles},
		{"POST", "/api/v1/users/{user}/roles", bucketUsers, "assign_role", (*Org).assignRole},
		{"DELETE", "/api/v1/users/{user}/roles/{role}", bucketUsers, "unassign_role", (*Org).unassignRole},
		{"GET", "/api/v1/users/{user}/roles/{role}/targets/groups", bucketUsers, "role_targets", (*Org).listTargets},
		{"PUT", "/api/v1/users/{user}/roles/{role}/targets/groups/{target}", bucketUsers, "add_role_target", (*Org).addTarget},
		{"DELETE", "/api/v1/users/{user}/roles/{role}/targets/groups/{target}", bucketUsers, "remove_role_target", (*Org).removeTarget},
	}
}

func groupRoutes() []route {
	return []route{
		{"POST", "/api/v1/groups", bucketGroups, "create_group", (*Org).createGroup},
		{"GET", "/api/v1/groups", bucketGroups, "list_groups", (*Org).listGroups},
		{"GET", "/api/v1/groups/{group}", bucketGroup, "read_group", (*Org).readGroup},
		{"PUT", "/api/v1/groups/{group}", bucketGroup, "replace_group", (*Org).replaceGroup},
		{"DELETE", "/api/v1/groups/{group}", bucketGroup, "delete_group", (*Org).deleteGroup},
		{"GET", "/api/v1/groups/{group}/users", bucketGroups, "list_members", (*Org).listMembers},
		{"PUT", "/api/v1/groups/{group}/users/{user}", bucketGroups, "add_member", (*Org).addMember},
		{"DELETE", "/api/v1/groups/{group}/users/{user}", bucketGroups, "remove_member", (*Org).removeMember},
		{"GET", "/api/v1/groups/{group}/roles", bucketGroups, "group_roles", (*Org).listRoles},
		{"POST", "/api/v1/groups/{group}/roles", bucketGroups, "assign_role", (*Org).assignRole},
		{"DELETE", "/api/v1/groups/{group}/roles/{role}", bucketGroups, "unassign_role", (*Org).unassignRole},
		{"GET", "/api/v1/groups/{group}/roles/{role}/targets/groups", bucketGroups, "role_targets", (*Org).listTargets},
		{"PUT", "/api/v1/groups/{group}/roles/{role}/targets/groups/{target}", bucketGroups, "add_role_target", (*Org).addTarget},
		{"DELETE", "/api/v1/groups/{group}/roles/{role}/targets/groups/{target}", bucketGroups, "remove_role_target", (*Org).removeTarget},

		{"GET", "/api/v1/groups/rules", bucketGroups, "list_rules", (*Org).listRules},
		{"POST", "/api/v1/groups/rules", bucketGroups, "create_rule", (*Org).createRule},
		{"GET", "/api/v1/groups/rules/{rule}", bucketGroups, "read_rule", (*Org).readRule},
		{"PUT", "/api/v1/groups/rules/{rule}", bucketGroups, "replace_rule", (*Org).replaceRule},
		{"DELETE", "/api/v1/groups/rules/{rule}", bucketGroups, "delete_rule", (*Org).deleteRule},
		{"POST", "/api/v1/groups/rules/{rule}/lifecycle/activate", bucketGroups, "activate_rule", (*Org).activateRule},
		{"POST", "/api/v1/groups/rules/{rule}/lifecycle/deactivate", bucketGroups, "deactivate_rule", (*Org).deactivateRule},
	}
}

func orgRoutes() []route {
	return []route{
		{"GET", "/api/v1/meta/schemas/user/{schema}", bucketOther, "read_schema", (*Org).readUserSchema},
		{"POST", "/api/v1/meta/schemas/user/{schema}", bucketOther, "update_schema", (*Org).updateUserSchema},
		{"GET", "/api/v1/meta/schemas/group/default", bucketOther, "read_schema", (*Org).readGroupSchema},
		{"POST", "/api/v1/meta/schemas/group/default", bucketOther, "update_schema", (*Org).updateGroupSchema},
		{"GET", "/api/v1/meta/types/user", bucketOther, "list_types", (*Org).listTypes},
		{"POST", "/api/v1/meta/types/user", bucketOther, "create_type", (*Org).createType},
		{"GET", "/api/v1/meta/types/user/{type}", bucketOther, "read_type", (*Org).readType},
		{"DELETE", "/api/v1/meta/types/user/{type}", bucketOther, "delete_type", (*Org).deleteType},

		{"GET", "/api/v1/idps", bucketOther, "list_idps", (*Org).listIdPs},
		{"POST", "/api/v1/idps", bucketOther, "create_idp", (*Org).createIdP},
		{"GET", "/api/v1/idps/{idp}", bucketOther, "read_idp", (*Org).readIdP},
		{"DELETE", "/api/v1/idps/{idp}", bucketOther, "delete_idp", (*Org).deleteIdP},
		{"POST", "/api/v1/idps/{idp}/lifecycle/activate", bucketOther, "activate_idp", (*Org).activateIdP},
		{"POST", "/api/v1/idps/{idp}/lifecycle/deactivate", bucketOther, "deactivate_idp", (*Org).deactivateIdP},

		{"GET", "/api/v1/logs", bucketLogs, "logs", (*Org).listEvents},
	}
}

func (o *Org) routes() http.Handler {
	mux := chi.NewRouter()
	for _, rt := range table() {
		mux.Method(rt.method, rt.pattern, o.handle(rt))
	}
	mux.NotFound(o.handle(route{bucket: bucketOther, op: "unknown", do: func(*Org, *call) (answer, error) { return answer{}, errEndpoint() }}))
	mux.MethodNotAllowed(o.handle(route{bucket: bucketOther, op: "unknown", do: func(*Org, *call) (answer, error) { return answer{}, errMethod() }}))
	return mux
}
