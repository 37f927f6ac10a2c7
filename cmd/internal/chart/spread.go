package chart

// block is a run of names that touch: n of them around mean, the place that the first of them wants on average.
type block struct {
	n    int
	mean float64
}

// spread moves names, which are sorted by where their lines end, so that they do not touch, each as little as needed (least
// squares, by pooling neighbours that would touch) and within the panel.
func spread(labels []label, from, to float64) {
	gap := min(apart, (to-from)/float64(max(1, len(labels)-1)))
	var blocks []block
	for i, l := range labels {
		blocks = append(blocks, block{1, l.at - float64(i)*gap})
		for k := len(blocks) - 1; k > 0 && blocks[k-1].mean > blocks[k].mean; k-- {
			a, b := blocks[k-1], blocks[k]
			both := block{a.n + b.n, (a.mean*float64(a.n) + b.mean*float64(b.n)) / float64(a.n+b.n)}
			blocks = append(blocks[:k-1], both)
		}
	}
	i, last := 0, to-gap*float64(len(labels)-1)
	for _, b := range blocks {
		for range b.n {
			labels[i].to = min(max(b.mean, from), last) + float64(i)*gap
			i++
		}
	}
}
