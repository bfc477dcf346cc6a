package supervise

import "syscall"

// endWithUs lets Linux end a command when the thread that starts it ends.
func endWithUs(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
