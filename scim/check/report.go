package check

// Status is how a check ended.
type Status string

// The ways in which a check ends. A check is skipped only where the server itself declares what it is about unsupported.
const (
	OK      Status = "ok"
	Failed  Status = "FAIL"
	Skipped Status = "skip"
)

// Result is one check, judged.
type Result struct {
	Group   string `json:"group"`
	Name    string `json:"name"`
	Section string `json:"section"` // who asks for it, such as RFC 7644 3.4.2
	Status  Status `json:"status"`
	Detail  string `json:"detail"` // of a failure: what was expected and what came; of a skip: why
}

// Report is everything that a run found.
type Report struct {
	Base    string   `json:"base"`
	Passed  int      `json:"passed"`
	Failed  int      `json:"failed"`
	Skipped int      `json:"skipped"`
	Checks  []Result `json:"checks"`
	// LeftBehind are the paths of resources that the run made and could not delete.
	LeftBehind []string `json:"left_behind,omitempty"`
}

func (r *Report) add(res Result) {
	switch res.Status {
	case OK:
		r.Passed++
	case Failed:
		r.Failed++
	case Skipped:
		r.Skipped++
	}
	r.Checks = append(r.Checks, res)
}
