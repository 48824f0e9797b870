package config

import (
	"maps"
	"net/url"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// field is one key of a configuration type; those of inlined types count as the type's own.
type field struct {
	name  string // key in the file
	index []int
	tag   reflect.StructTag
}

func fieldsOf(t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if options == "inline" {
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				all = append(all, inner)
			}
			continue
		}
		all = append(all, field{name: key, index: []int{i}, tag: f.Tag})
	}
	return all
}

// withDefaults is a T whose fields have the values of their default tags.
func withDefaults[T any]() T {
	var v T
	setDefaults(target(&v))
	return v
}

// setDefaults writes the default tags of v's fields into v. The tags are ours: one that does not parse leaves the zero value, and a test finds it.
func setDefaults(v reflect.Value) {
	if v.Kind() != reflect.Struct {
		return
	}
	for _, f := range fieldsOf(v.Type()) {
		fv, text := v.FieldByIndex(f.index), f.tag.Get("default")
		switch {
		case fv.Kind() == reflect.Struct:
			setDefaults(fv)
		case text == "":
		case fv.Type() == reflect.TypeFor[Duration]():
			t, _ := time.ParseDuration(text)
			fv.SetInt(int64(t))
		case fv.Kind() == reflect.String:
			fv.SetString(text)
		case fv.Kind() == reflect.Int:
			n, _ := strconv.Atoi(text)
			fv.SetInt(int64(n))
		}
	}
}

// resolvePaths makes the relative file paths in c relative to dir.
func resolvePaths(c *Config, dir string) { resolve(target(c), dir) }

func resolve(v reflect.Value, dir string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			resolve(v.Elem(), dir)
		}
	case reflect.Slice:
		for i := range v.Len() {
			resolve(v.Index(i), dir)
		}
	case reflect.Map:
		if v.Type().Elem().Kind() != reflect.Struct {
			return
		}
		for _, key := range v.MapKeys() {
			item := reflect.New(v.Type().Elem()).Elem()
			item.Set(v.MapIndex(key))
			resolve(item, dir)
			v.SetMapIndex(key, item)
		}
	case reflect.Struct:
		for _, f := range fieldsOf(v.Type()) {
			fv := v.FieldByIndex(f.index)
			if f.tag.Get("path") == "" {
				resolve(fv, dir)
			} else if p := fv.String(); p != "" && !filepath.IsAbs(p) && !isURL(p) {
				fv.SetString(filepath.Join(dir, filepath.FromSlash(p)))
			}
		}
	}
}

var scpLike = regexp.MustCompile(`^[^/\\:]+@[^/\\:]+:`)

// isURL tells a repository's address from a path on disk.
func isURL(s string) bool {
	return strings.Contains(s, "://") || scpLike.MatchString(s)
}

// hasPassword says whether s is a URL with a password in it.
func hasPassword(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.User == nil {
		return false
	}
	_, has := u.User.Password()
	return has
}

var secretWord = regexp.MustCompile(`(?i)(token|passw(or)?d|passphrase|secret|credential|api[-_]?key|private[-_]?key|state[-_]?key)`)

// looksSecret says whether a key promises a secret as its value.
func looksSecret(key string) bool {
	k := strings.ToLower(key)
	return secretWord.MatchString(k) && !strings.HasSuffix(k, "file") && !strings.HasSuffix(k, "env")
}

// references lists the known keys that name a secret by its file or variable.
func references(known []string) string {
	var refs []string
	for _, k := range known {
		if lower := strings.ToLower(k); secretWord.MatchString(lower) && (strings.HasSuffix(k, "File") || strings.HasSuffix(k, "Env")) {
			refs = append(refs, k)
		}
	}
	return strings.Join(refs, " or ")
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
