package splice

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// Plain text that YAML 1.1 or 1.2 reads as something other than a string. Readers differ (Kustomize, Helm and Flux do not share one), so
// what either version would convert is quoted.
var (
	numberForm = regexp.MustCompile(`^[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|(\.[0-9][0-9_]*|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)$`)
	dateForm   = regexp.MustCompile(`^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?$`)
	intForm    = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)
)

var words = map[string]bool{
	"": true, "~": true, "null": true, "true": true, "false": true, "yes": true, "no": true, "on": true, "off": true, "y": true, "n": true,
	".inf": true, "+.inf": true, "-.inf": true, ".nan": true, "<<": true, "=": true,
}

// typed reports whether plain text would be read as a number, truth value, date or null.
func typed(value string) bool {
	return words[strings.ToLower(value)] || numberForm.MatchString(value) || dateForm.MatchString(value)
}

// plainText reports whether the value can stand without quotes as a string; inFlow asks the same within brackets.
func plainText(value string, inFlow bool) bool {
	if value == "" || typed(value) || strings.TrimSpace(value) != value || strings.Contains(value, "\t") {
		return false
	}
	if inFlow && strings.ContainsAny(value, ",[]{}") {
		return false
	}
	if strings.ContainsAny(value[:1], ",[]{}#&*!|>'\"%@`") || strings.HasPrefix(value, "---") || strings.HasPrefix(value, "...") {
		return false
	}
	// Within brackets yaml.v3 takes these for indicators also where no space follows.
	if strings.ContainsAny(value[:1], "-?:") && (inFlow || len(value) == 1 || value[1] == ' ') {
		return false
	}
	return !strings.Contains(value, ": ") && !strings.Contains(value, " #") && !strings.HasSuffix(value, ":")
}

// keepsType reports whether a plain number or truth value replaces one of the same type: 2 by 3, true by false. Fractions never do: almost
// every 1.30 in these files is a version.
func keepsType(n *yaml.Node, value string) bool {
	switch n.Tag {
	case "!!int":
		return intForm.MatchString(value)
	case "!!bool":
		return value == "true" || value == "false"
	}
	return false
}

// encode writes the value in a style. Only the content: the caller keeps or adds the quotes.
func encode(style Style, value string) string {
	switch style {
	case SingleQuoted:
		return strings.ReplaceAll(value, "'", "''")
	case DoubleQuoted:
		return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(value)
	}
	return value
}

// oneLine refuses values that cannot be written on one line as they are.
func oneLine(value string) error {
	for _, r := range value {
		switch {
		case r == '\n' || r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			return fmt.Errorf("a value of several lines cannot be set")
		case r == '\ufffd' || r == '\ufeff' || r != '\t' && unicode.IsControl(r):
			return fmt.Errorf("the value holds the character %U, which YAML does not carry unescaped", r)
		}
	}
	return nil
}

// ownLines refuses text whose lines YAML would cut elsewhere than its newlines do.
func ownLines(text string) error {
	for _, line := range strings.Split(text, "\n") {
		if err := oneLine(line); err != nil {
			return fmt.Errorf("line %q cannot be written: it holds a character that ends a line, or none that YAML carries", line)
		}
	}
	return nil
}
