package emulated

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"sort"
	"strings"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// Objects have the same names on both sides, and each is held against its name when it is carried over.

type entry struct {
	Path string `json:"path"`
	Mode string `json:"mode"`
	Type string `json:"type"`
	SHA  string `json:"sha"`
}

type signature struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	Date  string `json:"date"`
}

type named struct {
	SHA string `json:"sha"`
}

// open looks at the bare repository anew, since the program git writes there, too.
func (p *Project) open() (storer.EncodedObjectStorer, error) {
	repo, err := git.PlainOpen(p.dir)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", p.dir, err)
	}
	return repo.Storer, nil
}

func (p *Project) at(kind, sha string) string {
	return "/repos/" + p.Name + "/git/" + kind + "/" + sha
}

// has tells that Git has an object, and with it all below it.
func has(store storer.EncodedObjectStorer, sha string) bool {
	return store.HasEncodedObject(plumbing.NewHash(sha)) == nil
}

// keep writes an object into the bare repository.
func keep(store storer.EncodedObjectStorer, kind plumbing.ObjectType, sha string, content []byte) error {
	o := store.NewEncodedObject()
	o.SetType(kind)
	w, err := o.Writer()
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil && o.Hash().String() != sha {
		err = fmt.Errorf("its bytes have the name %s", o.Hash())
	}
	if err == nil {
		_, err = store.SetEncodedObject(o)
	}
	if err != nil {
		return fmt.Errorf("take the %s %s from emulate: %w", kind, sha, err)
	}
	return nil
}

func (p *Project) takeCommit(ctx context.Context, store storer.EncodedObjectStorer, sha string) error {
	p.known[sha] = true
	if has(store, sha) {
		return nil
	}
	var c struct {
		Message           string
		Author, Committer signature
		Tree              named
		Parents           []named
	}
	if err := p.host.ask(ctx, p.reader(), http.MethodGet, p.at("commits", sha), nil, &c); err != nil {
		return err
	}
	if err := p.takeTree(ctx, store, c.Tree.SHA); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "tree %s\n", c.Tree.SHA)
	for _, parent := range c.Parents {
		if err := p.takeCommit(ctx, store, parent.SHA); err != nil {
			return err
		}
		fmt.Fprintf(&b, "parent %s\n", parent.SHA)
	}
	for _, by := range []struct {
		what string
		signature
	}{{"author", c.Author}, {"committer", c.Committer}} {
		when, err := time.Parse(time.RFC3339, by.Date)
		if err != nil {
			return fmt.Errorf("take the commit %s from emulate: %w", sha, err)
		}
		fmt.Fprintf(&b, "%s %s <%s> %d %s\n", by.what, by.Name, by.Email, when.Unix(), when.Format("-0700"))
	}
	b.WriteString("\n" + strings.TrimSuffix(c.Message, "\n") + "\n") // emulate ends each so
	return keep(store, plumbing.CommitObject, sha, []byte(b.String()))
}

func (p *Project) takeTree(ctx context.Context, store storer.EncodedObjectStorer, sha string) error {
	p.known[sha] = true
	if has(store, sha) {
		return nil
	}
	var t struct{ Tree []entry }
	if err := p.host.ask(ctx, p.reader(), http.MethodGet, p.at("trees", sha), nil, &t); err != nil {
		return err
	}
	var tree object.Tree
	for _, e := range t.Tree {
		mode, err := filemode.New(e.Mode)
		if err != nil {
			return fmt.Errorf("take the tree %s from emulate: %w", sha, err)
		}
		switch mode {
		case filemode.Dir:
			err = p.takeTree(ctx, store, e.SHA)
		case filemode.Submodule:
		default:
			err = p.takeBlob(ctx, store, e.SHA)
		}
		if err != nil {
			return err
		}
		tree.Entries = append(tree.Entries, object.TreeEntry{Name: e.Path, Mode: mode, Hash: plumbing.NewHash(e.SHA)})
	}
	sort.Sort(object.TreeEntrySorter(tree.Entries))
	o := &plumbing.MemoryObject{}
	if err := tree.Encode(o); err != nil {
		return fmt.Errorf("take the tree %s from emulate: %w", sha, err)
	}
	content, err := read(o)
	if err != nil {
		return err
	}
	return keep(store, plumbing.TreeObject, sha, content)
}

func (p *Project) takeBlob(ctx context.Context, store storer.EncodedObjectStorer, sha string) error {
	p.known[sha] = true
	if has(store, sha) {
		return nil
	}
	var b struct{ Content []byte }
	if err := p.host.ask(ctx, p.reader(), http.MethodGet, p.at("blobs", sha), nil, &b); err != nil {
		return err
	}
	return keep(store, plumbing.BlobObject, sha, b.Content)
}

// giveCommit writes a commit and all that emulate lacks of what it stands on.
func (p *Project) giveCommit(ctx context.Context, store storer.EncodedObjectStorer, token, sha string) error {
	if p.known[sha] {
		return nil
	}
	c, err := object.GetCommit(store, plumbing.NewHash(sha))
	if err != nil {
		return fmt.Errorf("read the commit %s: %w", sha, err)
	}
	parents := []string{}
	for _, parent := range c.ParentHashes {
		if err := p.giveCommit(ctx, store, token, parent.String()); err != nil {
			return err
		}
		parents = append(parents, parent.String())
	}
	if err := p.giveTree(ctx, store, token, c.TreeHash.String()); err != nil {
		return err
	}
	by := func(s object.Signature) signature {
		return signature{s.Name, s.Email, s.When.Format(time.RFC3339)}
	}
	return p.made(ctx, token, "commits", sha, obj{"message": c.Message, "tree": c.TreeHash.String(), "parents": parents, "author": by(c.Author), "committer": by(c.Committer)})
}

func (p *Project) giveTree(ctx context.Context, store storer.EncodedObjectStorer, token, sha string) error {
	if p.known[sha] {
		return nil
	}
	t, err := object.GetTree(store, plumbing.NewHash(sha))
	if err != nil {
		return fmt.Errorf("read the tree %s: %w", sha, err)
	}
	entries := []entry{}
	for _, e := range t.Entries {
		one := entry{Path: e.Name, Mode: fmt.Sprintf("%06o", uint32(e.Mode)), Type: "blob", SHA: e.Hash.String()}
		switch e.Mode {
		case filemode.Dir:
			one.Type = "tree"
			err = p.giveTree(ctx, store, token, one.SHA)
		case filemode.Submodule:
			one.Type = "commit"
		default:
			err = p.giveBlob(ctx, store, token, one.SHA)
		}
		if err != nil {
			return err
		}
		entries = append(entries, one)
	}
	return p.made(ctx, token, "trees", sha, obj{"tree": entries})
}

func (p *Project) giveBlob(ctx context.Context, store storer.EncodedObjectStorer, token, sha string) error {
	if p.known[sha] {
		return nil
	}
	o, err := store.EncodedObject(plumbing.BlobObject, plumbing.NewHash(sha))
	if err != nil {
		return fmt.Errorf("read the blob %s: %w", sha, err)
	}
	content, err := read(o)
	if err != nil {
		return err
	}
	return p.made(ctx, token, "blobs", sha, obj{"content": base64.StdEncoding.EncodeToString(content), "encoding": "base64"})
}

// made writes an object to emulate, which must give it the same name.
func (p *Project) made(ctx context.Context, token, kind, sha string, in any) error {
	var out named
	if err := p.host.ask(ctx, token, http.MethodPost, "/repos/"+p.Name+"/git/"+kind, in, &out); err != nil {
		return err
	}
	if out.SHA != sha {
		return fmt.Errorf("write one of the %s to emulate: there it has the name %s, and in Git %s", kind, out.SHA, sha)
	}
	p.known[sha] = true
	return nil
}

func read(o plumbing.EncodedObject) ([]byte, error) {
	r, err := o.Reader()
	if err != nil {
		return nil, fmt.Errorf("read the %s %s: %w", o.Type(), o.Hash(), err)
	}
	defer func() { _ = r.Close() }()
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read the %s %s: %w", o.Type(), o.Hash(), err)
	}
	return content, nil
}
