//go:build race

package crash

// raced tells that the race detector watches: then a process takes many times as long to plan, and the packages that the bot is made of are watched in their
// own tests.
const raced = true
