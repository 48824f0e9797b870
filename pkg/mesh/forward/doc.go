// Package forward opens ports of pods from where pods cannot be reached, as from most laptops: through the API server, by the sub-resource portforward of a
// pod, as kubectl port-forward does.
//
// Kubectl listens on a port of the machine, and whoever is on it can connect. Here nothing listens: a connection is given to who asked for it, and nobody else
// has it. What goes over it stays between its two ends, since istiod is spoken to over TLS: neither the API server nor the kubelet, which pass it on, can read it
// or stand in for istiod.
//
// The way is a WebSocket that carries SPDY, or bare SPDY where the API server, or what stands before it, knows no such WebSocket. Each connection has one of its
// own, with two streams on it: data, and what the pod's node has to say when it cannot connect. Streams end in silence when a node cannot connect and when
// somebody cuts the way, so the end is looked into: a connection of this package ends with io.EOF only where the pod ended it.
//
// From outside there is no projected token either. TokenOf has the API server make one.
//
// Both need a right to create something, a pod's portforward and a service account's token. They are for people, with their own kubeconfig and their own rights;
// an observer that runs in the cluster has neither and needs neither.
package forward
