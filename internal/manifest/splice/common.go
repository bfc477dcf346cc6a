package splice

import "slices"

// common lists the lines that a and b have in common, in order, by number from 0; last, both lengths.
func common(a, b []string) [][2]int {
	first, last := 0, 0
	for first < min(len(a), len(b)) && a[first] == b[first] {
		first++
	}
	for last < min(len(a), len(b))-first && a[len(a)-1-last] == b[len(b)-1-last] {
		last++
	}
	var out [][2]int
	for i := range first {
		out = append(out, [2]int{i, i})
	}
	for _, p := range longest(a[first:len(a)-last], b[first:len(b)-last]) {
		out = append(out, [2]int{first + p[0], first + p[1]})
	}
	for i := last; i >= 0; i-- {
		out = append(out, [2]int{len(a) - i, len(b) - i})
	}
	return out
}

// longest is the longest list of common lines (Myers, "An O(ND) Difference Algorithm and Its Variations",
// 1986); none where there are so many others that looking for it would take too much.
func longest(a, b []string) [][2]int {
	const most = 1000
	n, m := len(a), len(b)
	reach := map[int]int{1: 0}
	var trace []map[int]int
	for d := range min(n+m, most) + 1 {
		now := make(map[int]int, d+1)
		for k := -d; k <= d; k += 2 {
			x := reach[k-1] + 1
			if down(reach, k, d) {
				x = reach[k+1]
			}
			for x < n && x-k < m && a[x] == b[x-k] {
				x++
			}
			now[k] = x
			if x >= n && x-k >= m {
				return backtrack(append(trace, now), n, m)
			}
		}
		trace, reach = append(trace, now), now
	}
	return nil
}

// down reports whether the way to diagonal k in d steps ends with a line of b.
func down(reach map[int]int, k, d int) bool { return k == -d || k != d && reach[k-1] < reach[k+1] }

// backtrack follows the shortest way from its end, and lists the lines on it that both have.
func backtrack(trace []map[int]int, x, y int) [][2]int {
	var out [][2]int
	for d := len(trace) - 1; d >= 0; d-- {
		fromX, fromY := 0, 0
		if d > 0 {
			k := x - y
			prev := k - 1
			if down(trace[d-1], k, d) {
				prev = k + 1
			}
			fromX = trace[d-1][prev]
			fromY = fromX - prev
		}
		for x > fromX && y > fromY {
			x, y = x-1, y-1
			out = append(out, [2]int{x, y})
		}
		x, y = fromX, fromY
	}
	slices.Reverse(out)
	return out
}
