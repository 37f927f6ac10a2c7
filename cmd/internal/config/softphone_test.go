package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestServersForBrowsersAreReadCheckedAndShownWithoutTheirSecrets(t *testing.T) {
	credential := filepath.Join(t.TempDir(), "credential")
	if err := os.WriteFile(credential, []byte("of the file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Load(Source{File: write(t, `
softphone:
  listen: 0.0.0.0:5066
  public_ip: 203.0.113.9
  ice_servers:
    - {url: "stun:stun.example.com"}
    - {url: "turns:turn.example.com:443?transport=tcp", username: forecall, credential_file: "`+credential+`"}
`)})
	if err != nil {
		t.Fatal(err)
	}
	servers := l.Softphone.ICEServers
	if l.Softphone.Listen != "0.0.0.0:5066" || len(servers) != 2 || servers[1].Username != "forecall" || servers[1].Credential != "of the file" {
		t.Errorf("%+v", l.Softphone)
	}
	var shown bytes.Buffer
	if err := l.Show(&shown); err != nil {
		t.Fatal(err)
	}
	if text := shown.String(); !strings.Contains(text, "softphone.ice_servers[2].url: turns:turn.example.com") || strings.Contains(text, "of the file") {
		t.Errorf("shown as\n%s", text)
	}
}

func TestWhatIsNoServerForBrowsersIsNamed(t *testing.T) {
	_, err := Load(Source{File: write(t, "softphone: {listen: here, public_ip: there, ice_servers: [{url: 'https://turn.example.com'}, {urls: x}]}\n")})
	if err == nil {
		t.Fatal("taken")
	}
	for _, key := range []string{"softphone.ice_servers[2].urls"} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("%v does not name %s", err, key)
		}
	}
	_, err = Load(Source{File: write(t, "softphone: {listen: here, public_ip: there, ice_servers: [{url: 'https://turn.example.com'}]}\n")})
	if err == nil {
		t.Fatal("taken")
	}
	for _, key := range []string{"softphone.listen", "softphone.public_ip", "softphone.ice_servers[1].url"} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("%v does not name %s", err, key)
		}
	}
}
