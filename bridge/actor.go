package bridge

// Role is what an actor may do; each includes the ones before.
type Role int

// The roles.
const (
	Viewer   Role = iota + 1 // reads
	Operator                 // support: customers, tokens, disconnect
	Admin                    // rules of the whole installation
)

// Actor is who calls a use case.
type Actor struct {
	Name string // as it stands in events, such as "support:anna"
	Role Role
}

func (a Actor) may(r Role) error {
	if a.Role >= r {
		return nil
	}
	return newError(Refused, "this needs a role that "+a.Name+" does not have")
}
