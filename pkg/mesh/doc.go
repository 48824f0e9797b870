// Package mesh sees one cluster, and writes down what it saw as one immutable checks.Observation.
//
// Two witnesses must agree before anybody may say where a proxy is. The API server knows the pods: which revision injected each, who owns it, what
// its next one would be made from. The istiods know who is connected to them. Neither is believed alone: a pod that was injected may be connected to
// nobody, and an istiod may hide what it does not want to show. A Cluster is the first witness; WithAnswers lays the second beside it. What the two
// do not say together package checks calls unknown, and unknown is never green.
//
// Absence is never emptiness. "No pod is on the old revision" is the sentence that takes a control plane away, so a list that could not be read must
// never look like a list with nothing on it. For every kind of object a Cluster therefore knows which of four things is the case: the list is
// complete and a watch keeps it so; the API refused it, which becomes one of the observation's MissingRights; the cluster has no such kind (no Flux, no
// Prometheus operator), which is a fact and no missing right; or the list is out of date, because the API server is away or a watch has ended, and then
// Observe waits until it no longer is, or fails with its context. There is no fifth, in which an old list is passed off as the present.
//
// Lists are read consistently, page by page, and never from a cache of the API server's that may lag behind; watches begin where their list ends. When a
// watch is too far behind to go on (410 Gone), breaks, or has gone silent, the whole is listed again. Objects are cut down to what checks asks of them as soon as they
// have been decoded, a page at a time, so that a cluster of 50,000 pods fits into little memory. What was refused keeps what was last seen of it,
// since something that was in use is better believed to be so still.
//
// What is absent from two observations may have been there between them. A watch sees it, so an observation has the pods of the mesh that have left since, for an hour, and says from
// when on none is missing in that: since the watch began, or was interrupted.
//
// A Cluster only gets, lists and watches. It reads no Secret.
package mesh
