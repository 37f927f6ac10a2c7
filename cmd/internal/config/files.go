package config

import (
	"fmt"
	"net/url"
	"strings"
)

// Files is where whole files lie that every node of a house may need.
type Files struct {
	Recordings string `key:"recordings" doc:"where recordings are kept: a folder, or s3://bucket/prefix, to which each is moved when its call is over; empty = recordings in data"`
	Exports    string `key:"exports" doc:"where files of calls are kept that were asked for: a folder, or s3://bucket/prefix; empty = exports in data"`
	Prompts    string `key:"prompts" doc:"where messages and music are kept: a folder, or s3://bucket/prefix; empty = prompts in data"`
}

// S3 is the server of all buckets that files names.
type S3 struct {
	Endpoint      string `key:"endpoint" doc:"address of the S3 server, as https://s3.example.com; empty = Amazon's"`
	Region        string `key:"region" doc:"region of the buckets; empty = what the server says"`
	AccessKey     string `key:"access_key" doc:"access key; empty = that of the environment (AWS_ACCESS_KEY_ID) or of the machine's role"`
	SecretKey     string `key:"secret_key" secret:"true" doc:"secret of the access key"`
	SecretKeyFile string `key:"secret_key_file" doc:"file with that secret"`
}

// checkFiles says what is wrong with where files lie.
func (c Config) checkFiles() []error {
	var errs []error
	for key, address := range map[string]string{"files.recordings": c.Files.Recordings, "files.exports": c.Files.Exports, "files.prompts": c.Files.Prompts} {
		rest, remote := strings.CutPrefix(address, "s3://")
		bucket, _, _ := strings.Cut(rest, "/")
		if remote && (bucket == "" || strings.ContainsAny(rest, "?#@:")) || !remote && strings.Contains(address, "://") {
			errs = append(errs, fmt.Errorf("%s: %q is neither a folder nor a bucket as s3://calls/recordings", key, address))
		}
	}
	if u, err := url.Parse(c.S3.Endpoint); c.S3.Endpoint != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		errs = append(errs, fmt.Errorf("s3.endpoint: %q is not an address as https://s3.example.com", c.S3.Endpoint))
	}
	if (c.S3.AccessKey == "") != (c.S3.SecretKey == "") {
		errs = append(errs, fmt.Errorf("s3.access_key: it goes together with s3.secret_key, best as s3.secret_key_file or FORECALL_S3_SECRET_KEY"))
	}
	return errs
}
