package share

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
)

// smallestRSA is in bits.
const smallestRSA = 2048

// parseIssuer reads the name of the issuer out of its discovery document.
func parseIssuer(document []byte) (string, error) {
	var d struct {
		Issuer string `json:"issuer"`
	}
	if err := json.Unmarshal(document, &d); err != nil {
		return "", fmt.Errorf("read the issuer's discovery document: %w", err)
	}
	if d.Issuer == "" {
		return "", errors.New("read the issuer's discovery document: it names no issuer; does the API server have --service-account-issuer?")
	}
	return d.Issuer, nil
}

// jwk is one key of a set (RFC 7517), of a kind that is used here.
type jwk struct {
	Kind      string `json:"kty"`
	Use       string `json:"use"`
	ID        string `json:"kid"`
	Algorithm string `json:"alg"`
	Curve     string `json:"crv"`
	X, Y      string
	N         string `json:"n"`
	E         string `json:"e"`
}

// parseKeys reads the public keys of a set, by their names. Keys for something else than RS256 and ES256, and keys without a name, are left out: no token that is
// accepted here could be signed with them.
func parseKeys(document []byte) (map[string]crypto.PublicKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(document, &set); err != nil {
		return nil, fmt.Errorf("read the issuer's keys: %w", err)
	}
	keys := map[string]crypto.PublicKey{}
	for _, text := range set.Keys {
		var k jwk
		if err := json.Unmarshal(text, &k); err != nil || k.ID == "" || k.Use != "" && k.Use != "sig" {
			continue
		}
		var key crypto.PublicKey
		var err error
		switch {
		case k.Kind == "RSA" && (k.Algorithm == "" || k.Algorithm == "RS256"):
			key, err = k.rsa()
		case k.Kind == "EC" && k.Curve == "P-256" && (k.Algorithm == "" || k.Algorithm == "ES256"):
			key, err = k.p256()
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the issuer's keys: one of them is damaged: %w", err)
		}
		if _, twice := keys[k.ID]; twice {
			return nil, errors.New("read the issuer's keys: two of them have the same name")
		}
		keys[k.ID] = key
	}
	if len(keys) == 0 {
		return nil, errors.New("read the issuer's keys: there is none for RS256 or ES256")
	}
	return keys, nil
}

func (k jwk) rsa() (*rsa.PublicKey, error) {
	n, err := base64.RawURLEncoding.DecodeString(k.N)
	if err != nil {
		return nil, err
	}
	e, err := base64.RawURLEncoding.DecodeString(k.E)
	if err != nil {
		return nil, err
	}
	exponent := new(big.Int).SetBytes(e)
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exponent.Int64())}
	if key.N.BitLen() < smallestRSA || !exponent.IsInt64() || key.E < 3 || key.E >= 1<<31 || key.E%2 == 0 {
		return nil, fmt.Errorf("an RSA key of %d bits with the exponent %s is none that is accepted", key.N.BitLen(), exponent)
	}
	return key, nil
}

func (k jwk) p256() (*ecdsa.PublicKey, error) {
	point := []byte{4} // uncompressed
	for _, part := range []string{k.X, k.Y} {
		coordinate, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			return nil, err
		}
		if len(coordinate) != 32 {
			return nil, fmt.Errorf("a coordinate of P-256 has 32 bytes, not %d", len(coordinate))
		}
		point = append(point, coordinate...)
	}
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
}
