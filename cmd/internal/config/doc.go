// Package config reads the settings of a node and returns one plain value.
// It is the only package that knows viper.
//
//	flags  >  environment (FORECALL_HTTP_LISTEN)  >  file  >  defaults
//
// Every key of the file stands in the struct Config; a key that does not is an
// error that names the nearest one that does. A secret may be given as
// NAME_FILE: the path of a file that holds it, so that it stands neither in
// the file nor in the environment. Everything that is wrong is said at once,
// before anything starts.
package config
