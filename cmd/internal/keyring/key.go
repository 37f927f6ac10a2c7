package keyring

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/forecall/forecall/campaigns/evidence"
)

// The files of the key in a data folder.
const (
	privateFile = "evidence.key"
	publicFile  = "evidence.pub"
)

// load reads the key of a data folder, or makes one.
func load(folder string) (evidence.Signer, error) {
	path := filepath.Join(folder, privateFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return create(folder, path)
	}
	if err != nil {
		return evidence.Signer{}, fmt.Errorf("read the signing key: %w", err)
	}
	key, err := parse(text)
	if err != nil {
		return evidence.Signer{}, fmt.Errorf("%s: %w; put the key of your backup back: without it nothing that was signed can be followed", path, err)
	}
	return evidence.NewSigner(key), nil
}

func parse(text []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it holds no key")
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("it holds no key: %w", err)
	}
	key, ok := any.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("its key is not an Ed25519 key")
	}
	return key, nil
}

// create draws a key and writes it, whole or not at all.
func create(folder, path string) (evidence.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return evidence.Signer{}, fmt.Errorf("draw a signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return evidence.Signer{}, fmt.Errorf("write the signing key: %w", err)
	}
	s := evidence.NewSigner(key)
	if err := put(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return s, fmt.Errorf("write the signing key: %w", err)
	}
	public := hex.EncodeToString(s.Public()) + "\n"
	if err := put(filepath.Join(folder, publicFile), []byte(public), 0o644); err != nil {
		return s, fmt.Errorf("write the public key: %w", err)
	}
	return s, nil
}

// oldFile is where a key lies that was exchanged.
func oldFile(folder, id string) string { return filepath.Join(folder, "evidence-"+id+".key.old") }

// putAside reads a key that was put aside, to introduce the one that follows.
func putAside(folder, id string) (s evidence.Signer, ok bool) { return keyIn(oldFile(folder, id), id) }

// keyIn reads a key from a file; ok tells that it is there and is that one.
func keyIn(path, id string) (s evidence.Signer, ok bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return s, false
	}
	key, err := parse(text)
	if err != nil {
		return s, false
	}
	s = evidence.NewSigner(key)
	return s, s.ID() == id
}

// put writes a file that is whole or not there, whatever happens.
func put(path string, content []byte, mode fs.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
