package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFilesMayLieInABucketWhoseSecretIsNotShown(t *testing.T) {
	t.Setenv("FORECALL_S3_REGION", "eu-west-1")
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := read(t, "files: {recordings: s3://calls/recordings}\ns3: {endpoint: \"https://s3.example.com\", access_key: us, secret_key_file: "+secret+"}\n")
	if err != nil {
		t.Fatal(err)
	}
	if l.Files.Recordings != "s3://calls/recordings" || l.S3.SecretKey != "hush" || l.S3.Region != "eu-west-1" {
		t.Errorf("%+v %+v", l.Files, l.S3)
	}
	var shown strings.Builder
	if err := l.Show(&shown); err != nil || strings.Contains(shown.String(), "hush") {
		t.Errorf("%v: %s", err, shown.String())
	}
}

func TestWhereFilesCannotLieIsSaid(t *testing.T) {
	for text, key := range map[string]string{
		"files: {recordings: s3://}\n": "files.recordings", "files: {exports: ftp://x/y}\n": "files.exports", "files: {prompts: \"s3://u:p@b/x\"}\n": "files.prompts",
		"s3: {endpoint: s3.example.com}\n": "s3.endpoint", "s3: {access_key: us}\n": "s3.access_key",
	} {
		if _, err := read(t, text); err == nil || !strings.Contains(err.Error(), key+":") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
