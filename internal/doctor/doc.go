// Package doctor looks, from inside of a job, for what keeps it from a lease: each thing that a lease needs is checked by
// itself, what was found is said beside what was expected, and a fault hides none of the others.
//
// Nothing is counted or recorded by it, and nothing is leased but, where that is asked for, the role of the organisation's
// store. It reaches out by what it is handed alone.
package doctor
