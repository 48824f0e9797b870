package mesh

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// rootConfigMap is what istiod keeps in each namespace for proxies to trust.
const rootConfigMap = "istio-ca-root-cert"

// root is what is kept of that ConfigMap.
type root struct {
	checks.RootCertificate        // Fingerprint "" where there is none yet
	bundle                 string // PEM; mostly one for the whole cluster
}

func rootOf(c *corev1.ConfigMap) root {
	bundle := intern(c.Data["root-cert.pem"])
	return root{
		RootCertificate: checks.RootCertificate{Source: "configmap", Namespace: intern(c.Namespace), Name: intern(c.Name), Fingerprint: intern(fingerprint([]byte(bundle)))},
		bundle:          bundle,
	}
}

// fingerprint is the SHA-256, in hex, of the certificate in a PEM bundle, as openssl x509 -fingerprint has it; of all of them in the order of their bytes where
// there are several, so that neither order nor white space makes a difference. Text that is no PEM is taken as it is. "" = there is nothing.
func fingerprint(bundle []byte) string {
	bundle = bytes.TrimSpace(bundle)
	if len(bundle) == 0 {
		return ""
	}
	var certificates [][]byte
	for rest := bundle; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		certificates = append(certificates, block.Bytes)
	}
	if len(certificates) == 0 {
		certificates = [][]byte{bundle}
	}
	slices.SortFunc(certificates, bytes.Compare)
	certificates = slices.CompactFunc(certificates, bytes.Equal)
	sum := sha256.Sum256(bytes.Join(certificates, nil))
	return hex.EncodeToString(sum[:])
}
