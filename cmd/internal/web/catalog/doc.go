// Package catalog holds what the pages say in each language. The English text
// is the key: a page asks for it, and a language that has no translation for it
// answers in English.
//
//	{"Pause after this call": "Pausa tras esta llamada",
//	 "%d calls": {"one": "%d llamada", "other": "%d llamadas"}}
//
// A catalogue is a JSON object in a file that is named after its language by
// BCP 47 (es.json, pt-BR.json). Those of the house are embedded; an operator
// adds a language, or better words of one, by a file in a folder.
//
// Promises: a file that is malformed, or whose translation takes other values
// than the English text does, is refused with its name, its key and the reason;
// numbers are written as the language writes them; a plural is chosen by the
// first whole number among the values (CLDR).
package catalog
