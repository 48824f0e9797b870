// Package syncz asks istiods who is connected to them.
//
// A control plane has no list of its proxies. Each istiod pod holds the connections that happened to come to it, a shard, and knows nothing of the
// others. So every pod of every revision is asked, ready or not, terminating too, and each by its own address: through the Service one would get
// any of them, and the same one twice. An answer says which pod gave it, and that is held against the pod that was asked. The revision of a
// connection is nowhere in the answer; it is that of the pod that gave it. A proxy comes back to another replica at least every half hour, so it
// may be seen on two of them, or for a moment on none: what matters is the union, and whoever is missing from it is asked for again.
//
// An empty list means one of two things: nobody is connected, or the asker is not told. Since 1.28.7, 1.29.3 and 1.30.0 istiod shows a caller from
// outside the mesh's root namespace only the proxies of the caller's own namespace, and says nothing about it. So each answer comes with a
// Visibility: one more question, on the same stream, to which istiod does say no. An answer is only worth something together with it, and only
// as far as the pods of the cluster agree with it, which pkg/checks judges. Nothing here turns a failure into an empty list.
//
// The way is gRPC over TLS on port 15012, as proxies themselves come, with a service account's token of audience istio-ca. It works with
// ENABLE_DEBUG_ON_HTTP=false, too, and needs no right on the cluster. That token is as good as a mesh identity, so it is shown only to
// who proves to be istiod, by name and by the mesh's root.
package syncz
