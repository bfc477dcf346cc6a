package gitrepo

// queue is a binary heap: pop takes the item that comes before all others.
type queue[T any] struct {
	items  []T
	before func(a, b T) bool
}

func (q *queue[T]) push(item T) {
	q.items = append(q.items, item)
	i := len(q.items) - 1
	for i > 0 && q.before(item, q.items[(i-1)/2]) {
		q.items[i] = q.items[(i-1)/2]
		i = (i - 1) / 2
	}
	q.items[i] = item
}

func (q *queue[T]) pop() T {
	top, last := q.items[0], len(q.items)-1
	item := q.items[last]
	q.items = q.items[:last]
	i := 0
	for child := 1; child < last; child = 2*i + 1 {
		if child+1 < last && q.before(q.items[child+1], q.items[child]) {
			child++
		}
		if !q.before(q.items[child], item) {
			break
		}
		q.items[i] = q.items[child]
		i = child
	}
	if last > 0 {
		q.items[i] = item
	}
	return top
}
