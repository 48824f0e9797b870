// Package proxies lists the proxies of a mesh as an engineer wants to see them: where each is, on which revision and by which evidence, at which version,
// connected to which istiod, how far it is in sync, whether it is well, and, of one that is old, why it does not move by itself and what moves it.
//
// The list is made of one observation, in which two witnesses speak: pods, and istiods. Neither stands in for the other. A proxy that no istiod names is not
// connected only where every istiod has answered in full; else it is not known whether it is. And a list that may lack proxies says so before it says anything
// else, since an empty list is what takes a control plane away.
//
// Who is old is decided by what is wanted: a revision, or, where none is named, the one that a proxy's own next pod would get.
package proxies
