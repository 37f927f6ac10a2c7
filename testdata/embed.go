// Package testdata holds what the demo and the tests play and import: lists
// of people who do not exist, and spoken messages. The messages were spoken
// by espeak-ng for this repository.
package testdata

import "embed"

// Lists are contact lists; every number is reserved for fiction.
//
//go:embed lists/*.csv
var Lists embed.FS

// SafeHarbour is what a person hears in the demo when no agent is free.
//
//go:embed prompts/safe-harbour-en.wav
var SafeHarbour []byte

// SafeHarbourSpanish is the same for people whose language is Spanish.
//
//go:embed prompts/safe-harbour-es.wav
var SafeHarbourSpanish []byte

// Announcement is what people hear in the demo before a conversation that is
// recorded.
//
//go:embed prompts/announcement-en.wav
var Announcement []byte

// Scripts are examples of what agents read, for the editor to begin with.
//
//go:embed scripts/*.yaml
var Scripts embed.FS

// QueueWords is what callers hear who wait for an agent: a folder for each
// language, spoken by prompts/queue/speak.sh.
//
//go:embed prompts/queue/*/*.wav
var QueueWords embed.FS

// FibreScript is what agents of the demo read: a sale with an appointment and a
// survey, in four languages.
//
//go:embed scripts/fibre.yaml
var FibreScript string

// Voices are what callees of the demo say, a file for each person, spoken by
// voices/speak.sh.
//
//go:embed voices/*.wav
var Voices embed.FS
