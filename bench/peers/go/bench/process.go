// SPDX-License-Identifier: MIT

package main

import "os/exec"

// spawnTrue starts a program and waits for its end: CPU time of this process.
func spawnTrue(n int) outcome {
	begin := cpuNs()
	for i := 0; i < n; i++ {
		if err := exec.Command("/bin/true").Run(); err != nil {
			panic(err)
		}
	}
	return outcome{n: n, ns: cpuNs() - begin}
}
