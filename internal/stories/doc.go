// Package stories holds the bot against random stories: a state machine over the conductor, a simulated cluster, a forge, and people.
//
// In a story everything happens that happens around a real upgrade, in any order. Time passes; the bot looks, sometimes two of them, sometimes one that dies
// half-way through or is told by the forge what was so a moment ago, or nothing at all; people promote, push, merge by hand or by force, close, reopen, revert,
// pause, turn round, edit what they wrote; the cluster misbehaves and is healed; the observer is blind, late, or sees a part.
//
// After each transition, and at each write of the bot, four promises are asked for:
//
//   - 3: every namespace that was in the mesh still leads to exactly one control plane that exists, and no pod is without its proxy, unless a person or the
//     cluster's own misbehaviour did it: it is never a merge of the bot.
//   - 4: when the bot merges, it has seen the whole cluster, and lately; nothing uses what the merge takes away; the soak that was asked for has passed in green;
//     and no proxy is ever left without its control plane.
//   - 5: what the bot merges is what is planned for the tip of the target, at the head that somebody promoted who may.
//   - 6: at most one merge request is open, none is opened twice, no note is doubled, a pause holds; and once everything is put right and a reviewer goes
//     along, the upgrade ends, forwards or back, with no trace.
//
// None of it is asked of the code under test: the cluster is asked by sim.Truth, which knows what no observer is shown; merges and heads are counted by the forge
// itself; soaks are recounted from what the observer has handed out.
//
// A story that breaks a promise is made as short as it can be, and printed as people would tell it, one line a transition. That the promises can be broken at all is
// shown by weakening one rule at a time (the build tags weaken_…): each must be caught. See docs/proofs.md.
package stories
