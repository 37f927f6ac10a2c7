package config

import (
	"fmt"
	"os"
	"strings"
)

// readSecrets fills each secret whose _file is given.
func readSecrets(c *Config) error {
	if err := c.readClusterSecrets(); err != nil {
		return err
	}
	for i := range c.Trunks {
		t := &c.Trunks[i]
		if err := readSecret("trunk "+t.Name+": password", t.PasswordFile, &t.Password); err != nil {
			return err
		}
	}
	for i := range c.Softphone.ICEServers {
		s := &c.Softphone.ICEServers[i]
		if err := readSecret("ice server "+s.URL+": credential", s.CredentialFile, &s.Credential); err != nil {
			return err
		}
	}
	for i := range c.Users {
		u := &c.Users[i]
		if err := readSecret("user "+u.Login+": password", u.PasswordFile, &u.Password); err != nil {
			return err
		}
		if err := readSecret("user "+u.Login+": phone_secret", u.PhoneSecretFile, &u.PhoneSecret); err != nil {
			return err
		}
	}
	return nil
}

func readSecret(what, file string, into *string) error {
	if file == "" {
		return nil
	}
	if *into != "" {
		return fmt.Errorf("%s: given both in the file and as %s_file; keep one", what, what[strings.LastIndex(what, " ")+1:])
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	*into = strings.TrimRight(string(data), "\r\n")
	return nil
}
