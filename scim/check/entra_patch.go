package check

import "net/http"

// entraUserPatches are the validator's tests that PATCH users.
func entraUserPatches() []check {
	const manager = enterpriseURN + ":manager"
	const managerAt = "/" + enterpriseURN + "/manager"
	return []check{
		{"replace attributes, verbose request", validator, func(t *trial) {
			path := t.entraUser()
			a := t.patched(path, entraOps("replace")...)
			a.hasEntraChanges()
		}},
		{"replace attributes", validator, func(t *trial) {
			path := t.entraUser()
			values := object{}
			for _, c := range entraChanges() {
				values[c.path] = c.value
			}
			a := t.patched(path, op("replace", "", values))
			for _, c := range entraChanges() {
				a.has(c.pointer, c.value)
			}
		}},
		{"update userName", validator, func(t *trial) {
			_, path := t.user()
			name := t.s.name() + "@" + t.s.domain
			t.patched(path, op("replace", "userName", name)).has("/userName", name)
		}},
		{"disable a user", validator, func(t *trial) {
			who := t.person()
			id := t.post("/Users", who).created()
			t.patch(userPath(id), op("replace", "active", false)).is(http.StatusOK, http.StatusNoContent)
			t.get("/Users", "filter", `userName eq "`+who.text("userName")+`"`).finds(id).has("/Resources/0/active", false)
		}},
		{"add attributes, verbose request", validator, func(t *trial) {
			who := t.person()
			delete(who, "emails")
			delete(who, "displayName")
			path := userPath(t.post("/Users", who).created())
			t.patched(path, entraOps("add")...).hasEntraChanges()
		}},
		{"add a manager", validator, func(t *trial) {
			boss, _ := t.user()
			_, path := t.user()
			t.patched(path, op("add", manager, boss)).has(managerAt+"/value", boss)
			_, path = t.user()
			t.patched(path, op("add", manager, object{"value": boss})).has(managerAt+"/value", boss)
		}},
		{"replace a manager", validator, func(t *trial) {
			boss, _ := t.user()
			path := t.entraUser()
			t.patched(path, op("replace", manager, boss)).has(managerAt+"/value", boss)
		}},
		{"remove a manager", validator, func(t *trial) {
			path := t.entraUser()
			t.patched(path, op("remove", manager, nil)).absent(managerAt + "/value")
			path = t.entraUser()
			t.patched(path, op("replace", manager, "")).absent(managerAt + "/value")
		}},
		{"several operations on different attributes", validatorPreview, func(t *trial) {
			_, path := t.user(object{"title": "before", "nickName": "before"})
			t.patched(path, op("add", "userType", "added"), op("replace", "title", "after"), op("remove", "nickName", nil)).
				has("/userType", "added").has("/title", "after").absent("/nickName")
		}},
		{"several operations on the same attribute", validatorPreview, func(t *trial) {
			_, path := t.user(object{"title": "first"})
			t.patched(path, op("remove", "title", nil), op("add", "title", "second"), op("replace", "title", "third")).has("/title", "third")
			t.patched(path, op("replace", "title", "fourth"), op("remove", "title", nil)).absent("/title")
		}},
	}
}

// entraUser creates a user as the validator does, and returns the path.
func (t *trial) entraUser() (path string) {
	return userPath(t.post("/Users", t.entraPerson()).created())
}

// entraOps is one operation for each attribute.
func entraOps(name string) (ops []object) {
	for _, c := range entraChanges() {
		ops = append(ops, op(name, c.path, c.value))
	}
	for _, e := range entraElements() {
		ops = append(ops, op(name, e.path, e.value))
	}
	return ops
}

func (a *answer) hasEntraChanges() {
	for _, c := range entraChanges() {
		a.has(c.pointer, c.value)
	}
	for _, e := range entraElements() {
		a.includes(e.pointer, object{"type": e.kind, e.name: e.value})
	}
}
