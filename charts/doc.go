// Package charts holds the Helm chart of Linnet, and tests that hold the chart to what it promises: the observer only reads, and knows no forge; the bot has no right
// in the cluster; both fit what Big Bang denies by default; and what the chart says to the program, the program understands.
//
// The chart is rendered by Helm's own engine, with no cluster. There is no Go code in it.
package charts
