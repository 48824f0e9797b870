package config

import "go.yaml.in/yaml/v3"

// YAML writes the configuration as it was understood: defaults filled in, paths resolved. It holds no secrets, since no field can.
func (c Config) YAML() ([]byte, error) { return yaml.Marshal(c) }
