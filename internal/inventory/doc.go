// Package inventory is what a platform holds of one repository, as a file in JSON: names, ages and reach of stored
// credentials, what guards them, and who may do what. A scan can judge by it without a network. It says of every
// source whether it was read, so that nothing missing looks like nothing there, and it has no secret's value. This
// package asks nobody: it writes and reads the file.
package inventory
