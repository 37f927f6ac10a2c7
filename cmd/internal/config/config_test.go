package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "forecall.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAFlagBeatsTheEnvironmentWhichBeatsTheFileWhichBeatsTheDefault(t *testing.T) {
	file := write(t, "log: {level: warn, format: json}\nhttp: {listen: '127.0.0.1:1'}\ndrain: {limit: 3m}\n")
	t.Setenv("FORECALL_HTTP_LISTEN", "127.0.0.1:2")
	t.Setenv("FORECALL_LOG_LEVEL", "error")
	fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	AddFlags(fs)
	if err := fs.Parse([]string{"--http-listen", "127.0.0.1:3"}); err != nil {
		t.Fatal(err)
	}
	l, err := Load(Source{File: file, Flags: fs})
	if err != nil {
		t.Fatal(err)
	}
	got := []any{l.HTTP.Listen, l.Log.Level, l.Log.Format, l.Drain.Limit, l.SIP.Listen}
	want := []any{"127.0.0.1:3", "error", "json", 3 * time.Minute, "127.0.0.1:5060"}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("value %d: %v, want %v", i, got[i], want[i])
		}
	}
	for key, from := range map[string]string{"http.listen": "flag --http-listen", "log.level": "environment FORECALL_LOG_LEVEL", "log.format": "file", "sip.listen": "default"} {
		if l.Origins[key] != from {
			t.Errorf("%s comes from %q, want %q", key, l.Origins[key], from)
		}
	}
}

func TestListsAreReadWithTheirDurationsAndNestedKeys(t *testing.T) {
	l, err := Load(Source{File: write(t, `
trunks:
  - {name: a, host: 127.0.0.1, max_cps: 2.5, options_ping: 30s, dial: {format: plain, prefix: "00"}}
campaigns:
  - name: Spring
    windows: {mon-fri: ["09:00-13:00", "14:00-20:00"], sat: ["10:00-12:00"]}
    retry: [{outcome: busy, delay: 15m, max: 3}]
    trunks: [a]
    safe_harbors: [{language: es, file: es.wav}, {language: pt-BR, file: pt.wav}]
`)})
	if err != nil {
		t.Fatal(err)
	}
	if tr := l.Trunks[0]; tr.MaxCPS != 2.5 || tr.OptionsPing != 30*time.Second || tr.Dial.Prefix != "00" {
		t.Errorf("trunk read as %+v", tr)
	}
	if c := l.Campaigns[0]; len(c.Windows["mon-fri"]) != 2 || len(c.SafeHarbors) != 2 || c.SafeHarbors[1] != (Prompt{"pt-BR", "pt.wav"}) || c.Retry[0].Delay != 15*time.Minute {
		t.Errorf("campaign read as %+v", c)
	}
}

func TestWhatIsWrongIsNamedWithItsKey(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"typo at the top", "trunk: []", `trunk: unknown key; did you mean "trunks"?`},
		{"typo in a section", "http: {lissten: x}", `http.lissten: unknown key; did you mean "listen"?`},
		{"typo in a list", "trunks: [{name: a, host: b, max_chanels: 3}]", `trunks[1].max_chanels: unknown key; did you mean "max_channels"?`},
		{"far from anything", "http: {zzzzzzzzzz: 1}", "known here: listen, locales, tls_cert, tls_key"},
		{"broken YAML", "http: {listen: [", "is not readable YAML"},
		{"no port", "http: {listen: localhost}", `http.listen: "localhost" is not an address`},
		{"odd level", "log: {level: loud}", `log.level: "loud"`},
		{"ports", "media: {ports: 10-20}", `media.ports: "10-20"`},
		{"section as text", "http: yes-please", "http: must hold keys"},
		{"list as text", "trunks: a", "trunks: must be a list"},
		{"unknown trunk", "campaigns: [{name: a, trunks: [x]}]", `no trunk is named "x"`},
		{"two trunks of a name", "trunks: [{name: a, host: h}, {name: a, host: h}]", "each trunk needs a name of its own"},
		{"list file", "campaigns: [{name: a, lists: [{name: l, file: /nowhere.csv}]}]", "/nowhere.csv"},
		{"two messages in a language", "campaigns: [{name: a, safe_harbors: [{language: es, file: a.wav}, {language: ES, file: b.wav}]}]", "safe_harbors[2].language: ES has a message already"},
		{"a message in words", "campaigns: [{name: a, safe_harbors: [{language: in Spanish, file: a.wav}]}]", `"in Spanish" is not a language`},
		{"a message without a file", "campaigns: [{name: a, safe_harbors: [{language: es}]}]", "safe_harbors[1].file: missing"},
		{"half of TLS", "http: {tls_cert: a.pem}", "certificate and key go together"},
		{"bad duration", "drain: {limit: soon}", "soon"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(Source{File: write(t, c.text)})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v\nwant one with %s", err, c.want)
			}
		})
	}
}

func TestANamedFileThatIsMissingIsAnError(t *testing.T) {
	_, err := Load(Source{File: "/nowhere/forecall.yaml"})
	if err == nil || !strings.Contains(err.Error(), "/nowhere/forecall.yaml") {
		t.Errorf("error %v does not name the file", err)
	}
}

func TestSecretsAreReadFromFilesAndNeverShown(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "pw")
	if err := os.WriteFile(secret, []byte("from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Load(Source{File: write(t, "trunks: [{name: a, host: h, password_file: "+secret+"}]\nusers: [{login: ann, role: agent, password: inline-secret}]\n")})
	if err != nil {
		t.Fatal(err)
	}
	if l.Trunks[0].Password != "from-a-file" {
		t.Errorf("password read as %q", l.Trunks[0].Password)
	}
	var out strings.Builder
	if err := l.Show(&out); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); strings.Contains(s, "from-a-file") || strings.Contains(s, "inline-secret") || !strings.Contains(s, "trunks[1].password: "+hidden) {
		t.Errorf("shown:\n%s", s)
	}
}
