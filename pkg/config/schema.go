package config

import _ "embed"

//go:embed schema.json
var schema string

// Schema is the JSON Schema (draft 2020-12) of the configuration file, for
// editors. Load checks more than it can say.
func Schema() string { return schema }
