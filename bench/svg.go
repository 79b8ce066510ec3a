package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Measures of the plot, in pixels.
const (
	plotWidth  = 910
	labelWidth = 360
	barsWidth  = 480 // of a share of 1
	barHeight  = 11
	groupGap   = 14
	headHeight = 78
	footHeight = 34
)

// bar is a share in the plot.
type bar struct {
	place string
	share spread
	goal  *target
}

// group is an operation with a bar for each place.
type group struct {
	title string
	bars  []bar
}

// writeSVG draws the share of the floor of each operation, place by place. The same
// report gives the same bytes.
func (r *report) writeSVG(out io.Writer) error {
	groups := r.groups()
	height := headHeight + footHeight
	for _, g := range groups {
		height += len(g.bars)*barHeight + groupGap
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="11">`+"\n", plotWidth, height)
	b.WriteString(plotStyle)
	fmt.Fprintf(&b, `<rect class="paper" width="%d" height="%d"/>`+"\n", plotWidth, height)
	label(&b, 12, 22, "title", "What is left of a bare net/http server’s rate")
	label(&b, 12, 38, "quiet", fmt.Sprintf("%s · %d CPUs · %s · %s · lines: least to most of %d windows · ticks: what we ship, what we want",
		r.Machine, r.CPUs, r.Go, r.Date, r.Rounds))
	r.drawLegend(&b)
	drawScale(&b, headHeight, height-footHeight)
	y := headHeight
	for _, g := range groups {
		y = g.draw(&b, y, r.colors())
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(out, b.String())
	return err
}

// plotStyle follows whether the reader wants it light or dark.
const plotStyle = `<style>
.paper{fill:#fff}text{fill:#1f2328}.title{font-size:15px;font-weight:600}.quiet{fill:#59636e}.grid{stroke:#d1d9e0}
.range{stroke:#1f2328}.goal{stroke:#cf222e;stroke-width:2}
.c0{fill:#9ec5fe}.c1{fill:#4c8dff}.c2{fill:#1b4fb5}.c3{fill:#ffd08a}.c4{fill:#f0912d}.c5{fill:#a8520b}
@media (prefers-color-scheme:dark){.paper{fill:#0d1117}text{fill:#f0f6fc}.quiet{fill:#9198a1}.grid{stroke:#3d444d}.range{stroke:#f0f6fc}.goal{stroke:#ff7b72}}
</style>
`

// colorCount is how many colours plotStyle has: three for each engine.
const colorCount = 6

func (r *report) colors() map[string]int {
	colors, engines, count := map[string]int{}, map[string]int{}, map[string]int{}
	for _, at := range r.Places {
		if _, known := engines[at.Engine]; !known {
			engines[at.Engine] = 3 * len(engines)
		}
		colors[at.title()] = (engines[at.Engine] + count[at.Engine]%3) % colorCount
		count[at.Engine]++
	}
	return colors
}

func (at place) title() string { return at.Engine + " " + countText(at.Identities) }

// groups are the bars of the plot, in the order of the report. GetOpenIdToken is set
// against what the cores can sign.
func (r *report) groups() []group {
	var groups []group
	index := map[string]int{}
	for _, at := range r.Places {
		for _, o := range at.Operations {
			title := fmt.Sprintf("%s · %d", o.Name, o.Connections)
			share := o.ShareOfFloor
			if o.ShareOfSigning != nil {
				title, share = title+" (of the signing rate)", *o.ShareOfSigning
			}
			i, known := index[title]
			if !known {
				i = len(groups)
				index[title] = i
				groups = append(groups, group{title: title})
			}
			groups[i].bars = append(groups[i].bars, bar{at.title(), share, o.Target})
		}
	}
	return groups
}

func (r *report) drawLegend(b *strings.Builder) {
	x, colors := 12, r.colors()
	for _, at := range r.Places {
		fmt.Fprintf(b, `<rect class="c%d" x="%d" y="50" width="11" height="11"/>`+"\n", colors[at.title()], x)
		label(b, x+16, 60, "", at.title())
		x += 120
	}
}

func drawScale(b *strings.Builder, top, bottom int) {
	for tenths := 0; tenths <= 10; tenths += 2 {
		x := labelWidth + barsWidth*tenths/10
		fmt.Fprintf(b, `<line class="grid" x1="%d" y1="%d" x2="%[1]d" y2="%[3]d"/>`+"\n", x, top-8, bottom)
		label(b, x-8, bottom+16, "quiet", fmt.Sprintf("%.1f", float64(tenths)/10))
	}
}

func (g group) draw(b *strings.Builder, y int, colors map[string]int) int {
	label(b, 12, y+barHeight-2, "", g.title)
	for _, bar := range g.bars {
		fmt.Fprintf(b, `<rect class="c%d" x="%d" y="%d" width="%.1f" height="%d"><title>%s: %.2f</title></rect>`+"\n",
			colors[bar.place], labelWidth, y, across(bar.share.Median), barHeight-2, escaped(bar.place), bar.share.Median)
		middle := float64(y) + (barHeight-2)/2.0
		fmt.Fprintf(b, `<line class="range" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1[2]f"/>`+"\n",
			labelWidth+across(bar.share.Min), middle, labelWidth+across(bar.share.Max))
		bar.drawGoal(b, y)
		y += barHeight
	}
	return y + groupGap
}

func (one bar) drawGoal(b *strings.Builder, y int) {
	if one.goal == nil {
		return
	}
	for _, share := range []float64{one.goal.Ship, one.goal.Want} {
		x := labelWidth + across(share)
		fmt.Fprintf(b, `<line class="goal" x1="%.1f" y1="%d" x2="%.1[1]f" y2="%[3]d"/>`+"\n", x, y-1, y+barHeight-1)
	}
}

// across is how far a share reaches; what is more than all ends at the edge.
func across(share float64) float64 {
	const most = 1.1
	return barsWidth * min(share, most)
}

func label(b *strings.Builder, x, y int, class, text string) {
	fmt.Fprintf(b, `<text class="%s" x="%d" y="%d">%s</text>`+"\n", class, x, y, escaped(text))
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes all
	return b.String()
}
