package odb

import (
	"errors"
	"runtime/debug"
)

// ErrCut says that a file of the database got shorter while it was read, or that its disk failed.
var ErrCut = errors.New("a file of the object database was cut short while it was read: clone the repository anew")

// Guard calls f, whose error it returns, or ErrCut: what is mapped and no longer there would end the process. All use
// of a DB and of what is made of it belongs in one, in each goroutine its own.
func Guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch fault := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // see debug.SetPanicOnFault
			err = ErrCut
		default:
			panic(fault)
		}
	}()
	return f()
}
