package config

import "github.com/linnet-bot/linnet/pkg/mesh/share/address"

// Observer is where `linnet observe --serve` gives what it sees of the cluster.
type Observer struct {
	// Address of the observer, such as `https://linnet-observer.istio-system.svc:8443`. `http` is only for a service of the same cluster and for loopback.
	URL string `yaml:"url"`
	// File that holds a service account's token of the observer's audience, from a projected volume. It is read anew when it changes.
	TokenFile string `yaml:"tokenFile" path:"true"`
	// PEM file with certificates to trust beside the system's. It is read anew when it changes.
	CAFile string `yaml:"caFile,omitempty" path:"true"`
}

func (v *validator) cluster(at string, c Cluster) {
	if c.Observer == nil {
		return
	}
	at += ".observer"
	if c.ObservationFile != "" {
		v.problem(at, "is given beside observationFile; keep one of the two")
	}
	if c.Observer.URL == "" {
		v.problem(at+".url", "is missing; write the observer's address, such as https://linnet-observer.istio-system.svc:8443")
	} else if err := address.Check(c.Observer.URL); err != nil {
		v.problem(at+".url", "%v", err)
	}
	if c.Observer.TokenFile == "" {
		v.problem(at+".tokenFile", "is missing; write the file that holds a service account's token of the observer's audience")
	}
}
