// Package share carries observations of one cluster from where they are made to where they are judged.
//
// The observer runs beside the istiods, where they answer it in full, and holds no credentials of a forge. The bot runs elsewhere, and has no rights on the
// cluster. Between the two is one address, /v1/observation, that gives the newest observation to whom the observer knows.
//
// Who asks shows a service account's token that was made for the observer alone: its audience is the observer's, so that it opens nothing else, and no other
// token opens the observer. The observer checks it by itself, against the keys with which the cluster's issuer signs, and asks nobody whether it is good: that
// question (a TokenReview) is a write, and the observer has no right to write. So a token stays good until it ends, at most an hour by custom, even where its
// pod or account is gone by then. What cannot be checked opens nothing: without the keys the answer is 503, and keys that are older than an hour
// count as none.
//
// A Handler gives, a Client takes. What the Client gives is an observation as it was made, with its own time; whether that is young enough to be believed is for
// who judges it.
package share
