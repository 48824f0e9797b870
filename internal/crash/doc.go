// Package crash proves that a process may die at any instant: what is left behind is finished by the next one, and in the end nobody can tell.
//
// It holds tests alone. They play two stories on a simulated cluster, a whole upgrade and a whole rollback, with people who promote, pause, turn round and
// change their minds. The bot in them is a process of its own: the test binary, started again, which takes orders to look once at a world. A world is
// a folder with all that outlives a process: a local forge (Git and SQLite) and the history. Time stands still during a look.
//
// What is told apart:
//
//   - An effect is one thing that a look leaves behind: a call of the forge that writes, or a transaction of SQLite that changes rows. No list of them is kept
//     by hand. Each method of forge.Forge is wrapped, and a test holds the wrapper against the interface; SQLite's own hooks tell of transactions.
//   - An instant is a moment at which a process may die: before an effect and after it, and, where the forge moves a branch, also within, when Git has the
//     new head and the database does not know yet.
//
// Each story is first told undisturbed. The world before each look is kept, and what the world says after it. Each look has a conductor of its own there, too,
// so that what a soak is worth is what the forge says, as for any process that comes after another.
//
// The matrix then takes every instant on its own. The world before the look is put in place again, a process walks into the instant, and is killed
// there by SIGKILL; another one looks at what is left; and the world must say what it said undisturbed: every row of the forge, of the audit and of the
// samples, every branch, by its commit (see essence for the two exceptions). Not even times differ, since the time of the next process is the same. A
// process that dies may hold many looks, each with a world of its own and standing at an instant of its own: one signal ends them all, and nothing they
// hold is given back. Deaths in the same look that leave worlds which say the same are recovered from once.
//
// The walk tells each story again with processes that die right after the first effect that they have on the forge, over and over, so that those who finish
// something are killed as well.
package crash
