package campaigns

import (
	"crypto/md5" //nolint:gosec // what phones digest with, RFC 7616 section 3.3
	"crypto/sha256"
	"encoding/hex"
)

// HA1 is what a registrar needs of a phone's secret, and nothing more: the
// digests of "extension:realm:secret" (RFC 7616 section 3.4.2), in lower-case
// hexadecimal. It lets its holder answer for this extension in this realm, but
// does not show the secret. The zero HA1 belongs to no secret.
type HA1 struct {
	MD5    string
	SHA256 string
}

// NewHA1 digests the secret of an extension's phone for a realm; without an
// extension or a secret the result is zero.
func NewHA1(extension, realm, secret string) HA1 {
	if extension == "" || secret == "" {
		return HA1{}
	}
	a1 := []byte(extension + ":" + realm + ":" + secret)
	short, long := md5.Sum(a1), sha256.Sum256(a1) //nolint:gosec // see import
	return HA1{MD5: hex.EncodeToString(short[:]), SHA256: hex.EncodeToString(long[:])}
}
