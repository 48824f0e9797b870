package planner

import (
	"bytes"
	"crypto/sha256"
	"fmt"
)

// sealPrefix starts the first line of every file that Linnet writes. The checksum tells a file that somebody edited from one that Linnet would
// write otherwise by now, since what it follows from has changed. It keeps no secret and proves no author.
const sealPrefix = "# Written by Linnet; do not edit. Checksum of what follows: "

// seal puts the checksum in front of a file.
func seal(content []byte) []byte {
	return append([]byte(sealLine(content)), content...)
}

func sealLine(content []byte) string {
	sum := sha256.Sum256(content)
	return fmt.Sprintf("%s%x\n", sealPrefix, sum[:8])
}

// sealed tells whether a file is as Linnet once wrote it.
func sealed(file []byte) bool {
	line, content, found := bytes.Cut(file, []byte("\n"))
	return found && string(line)+"\n" == sealLine(content)
}
