package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxSize is far above any honest configuration.
const maxSize = 1 << 20

// Default is the configuration of an empty file.
func Default() Config { return withDefaults[Config]() }

// LoadFile reads the configuration file at path.
func LoadFile(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		var reason *os.PathError
		if errors.As(err, &reason) {
			err = reason.Err
		}
		return Config{}, fmt.Errorf("read the configuration %s: %w", path, err)
	}
	return Load(path, data)
}

// Load makes a configuration of data, the text of the file called name.
// Relative paths in it are taken from the folder of name. The error joins one
// *Problem for each thing that is wrong; the Config is then empty.
func Load(name string, data []byte) (Config, error) {
	if len(data) > maxSize {
		return Config{}, &Problem{File: name, Text: fmt.Sprintf("is larger than %d bytes, which no configuration is", maxSize)}
	}
	root, problem := parse(name, data)
	if problem != nil {
		return Config{}, problem
	}
	c := Default()
	d := decoder{lines: map[string]int{}}
	if root != nil {
		d.decode(root, target(&c), "")
	}
	if len(d.problems) == 0 {
		v := validator{lines: d.lines}
		v.config(c)
		d.problems = v.problems
	}
	if len(d.problems) > 0 {
		return Config{}, join(name, d.problems)
	}
	resolvePaths(&c, filepath.Dir(name))
	return c, nil
}

// parse gives the root node of the one document of data, or nil where there is none.
func parse(name string, data []byte) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, notYAML(name, err)
	}
	switch err := dec.Decode(&second); {
	case err == nil:
		return nil, &Problem{File: name, Line: second.Line, Text: "a second YAML document begins here, but the configuration is one document; remove the line ---"}
	case !errors.Is(err, io.EOF):
		return nil, notYAML(name, err)
	}
	if len(doc.Content) == 0 || isNull(doc.Content[0]) {
		return nil, nil
	}
	return doc.Content[0], nil
}

var yamlErrorLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?`)

// notYAML takes the line out of the parser's error text, the only place where it stands.
func notYAML(name string, err error) error {
	found := yamlErrorLine.FindStringSubmatch(err.Error())
	line, _ := strconv.Atoi(found[1])
	text := strings.TrimPrefix(err.Error(), found[0])
	return &Problem{File: name, Line: line, Text: "is not YAML: " + text}
}

func join(name string, problems []Problem) error {
	slices.SortStableFunc(problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	errs := make([]error, len(problems))
	for i := range problems {
		problems[i].File = name
		errs[i] = &problems[i]
	}
	return errors.Join(errs...)
}
