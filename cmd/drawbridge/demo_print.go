package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// page is where the story is printed: titles, and rows of a label and a text.
type page struct {
	out    io.Writer
	colour bool
}

// newPage uses colour on a terminal only, and not there if the person does not want it (https://no-color.org).
func newPage(out io.Writer, getenv func(string) string) *page {
	return &page{out: out, colour: isTerminal(out) && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// SGR parameters.
const (
	bold  = "1"
	dim   = "2"
	red   = "1;31"
	green = "32"
)

func (p *page) paint(style, text string) string {
	if !p.colour {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// labelWidth is the length of the longest label, "Drawbridge stored".
const labelWidth = 17

// title begins a step.
func (p *page) title(number int, text string) {
	fmt.Fprintf(p.out, "\n%2d  %s\n", number, p.paint(bold, text))
}

// row prints a label and what it labels; an empty text prints nothing.
func (p *page) row(label, text string) { p.styled(dim, label, text) }

func (p *page) styled(style, label, text string) {
	if text == "" {
		return
	}
	pad := strings.Repeat(" ", max(0, labelWidth-len(label)))
	fmt.Fprintf(p.out, "    %s%s  %s\n", p.paint(style, label), pad, text)
}

// quote prints what a command prints.
func (p *page) quote(print func(io.Writer) error) error {
	var b strings.Builder
	if err := print(&b); err != nil {
		return err
	}
	for line := range strings.Lines(b.String()) {
		fmt.Fprintf(p.out, "      %s  %s\n", p.paint(dim, "|"), strings.TrimSuffix(line, "\n"))
	}
	return nil
}

// ok, failed and notRun end a step.
func (p *page) ok(seen string) { p.styled(green, "ok", seen) }

func (p *page) failed(err error) { p.styled(red, "FAILED", err.Error()) }

func (p *page) notRun(number int, text string) {
	fmt.Fprintf(p.out, "\n%2d  %s\n", number, p.paint(dim, text+": not run"))
}

// paragraph prints lines as they are, after an empty one.
func (p *page) paragraph(lines ...string) {
	fmt.Fprintf(p.out, "\n%s\n", strings.Join(lines, "\n"))
}
