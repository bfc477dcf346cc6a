// Package doctor looks, from inside of a job, for what keeps it from a lease: each thing that a lease needs is checked by
// itself, what was found is said beside what was expected, and a fault hides none of the others.
//
// Nothing is leased, counted or recorded by it, and no credential is sent anywhere but the ID tokens' request to the
// platform. It reaches out by what it is handed alone.
package doctor
