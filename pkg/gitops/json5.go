package gitops

import "bytes"

// plainJSON takes comments and trailing commas out of JSON as people write it, and quotes bare keys and single-quoted texts, so that
// encoding/json can read Renovate's .json5 files.
func plainJSON(src []byte) []byte {
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	var out bytes.Buffer
	for i := 0; i < len(src); i++ {
		c := src[i]
		switch {
		case c == '"' || c == '\'':
			i = copyString(&out, src, i)
		case c == '/' && i+1 < len(src) && src[i+1] == '/':
			for i < len(src) && src[i] != '\n' {
				i++
			}
			out.WriteByte('\n')
		case c == '/' && i+1 < len(src) && src[i+1] == '*':
			end := bytes.Index(src[i+2:], []byte("*/"))
			if end < 0 {
				return out.Bytes()
			}
			i += 2 + end + 1
		case c == '}' || c == ']':
			dropComma(&out)
			out.WriteByte(c)
		case isWord(c) && !(c >= '0' && c <= '9'):
			end := i
			for end < len(src) && isWord(src[end]) {
				end++
			}
			word := src[i:end]
			rest := bytes.TrimLeft(src[end:], " \t\r\n")
			if bytes.HasPrefix(rest, []byte(":")) {
				out.WriteByte('"')
				out.Write(word)
				out.WriteByte('"')
			} else {
				out.Write(word)
			}
			i = end - 1
		default:
			out.WriteByte(c)
		}
	}
	return out.Bytes()
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
}

// copyString copies a quoted text that starts at src[i], in double quotes, and returns the index of its last byte.
func copyString(out *bytes.Buffer, src []byte, i int) int {
	quote := src[i]
	out.WriteByte('"')
	for i++; i < len(src) && src[i] != quote; i++ {
		switch {
		case src[i] == '\\' && i+1 < len(src):
			if src[i+1] != '\'' {
				out.WriteByte('\\')
			}
			i++
			out.WriteByte(src[i])
		case src[i] == '"':
			out.WriteString(`\"`)
		default:
			out.WriteByte(src[i])
		}
	}
	out.WriteByte('"')
	return i
}

// dropComma removes a comma that only white space follows.
func dropComma(out *bytes.Buffer) {
	b := bytes.TrimRight(out.Bytes(), " \t\r\n")
	if bytes.HasSuffix(b, []byte(",")) {
		out.Truncate(len(b) - 1)
	}
}
