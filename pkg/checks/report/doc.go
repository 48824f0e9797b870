// Package report writes the verdict on a gate for readers that are no terminal and no note of the bot: the summary page of a pipeline job (Markdown), and
// the test report of a merge request (JUnit), in which each check is a case. It decides nothing: what is not green in the verdict is a failure here, and
// what is unknown is an error, so that no reader can take the one for the other or either for success.
package report
