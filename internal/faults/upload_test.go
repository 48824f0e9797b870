package faults

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/server"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// upload serves reading by Git in this process: a life asks for the branches some hundred times, and each time would start three programs. Pushes and all
// else go to the forge, and that Git itself can be spoken with is what other packages test.
type upload struct {
	next     http.Handler
	dir      string
	sessions transport.Transport
}

func newUpload(next http.Handler, dir string) upload {
	stored := filesystem.NewStorage(osfs.New(dir), cache.NewObjectLRUDefault())
	return upload{next, dir, server.NewServer(server.MapLoader{nowhere.String(): stored})}
}

var nowhere = &transport.Endpoint{Protocol: "file", Path: "/"}

func (u upload) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asks, fetches := r.URL.Query().Get("service") == "git-upload-pack", strings.HasSuffix(r.URL.Path, "/git-upload-pack")
	if !asks && !fetches {
		u.next.ServeHTTP(w, r)
		return
	}
	err := error(nil)
	if asks {
		err = u.advertise(w)
	} else {
		err = u.pack(w, r)
	}
	if err != nil {
		panic(err)
	}
}

// advertise reads the branches from the disk.
func (u upload) advertise(w http.ResponseWriter) error {
	refs := packp.NewAdvRefs()
	refs.Prefix = [][]byte{[]byte("# service=git-upload-pack"), pktline.Flush}
	if err := refs.Capabilities.Set(capability.OFSDelta); err != nil {
		return err
	}
	err := filepath.WalkDir(filepath.Join(u.dir, "refs", "heads"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(u.dir, path)
		if err != nil {
			return err
		}
		return refs.AddReference(plumbing.NewReferenceFromStrings(filepath.ToSlash(name), strings.TrimSpace(string(text))))
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
	return refs.Encode(w)
}

// packs are the answers to those who have nothing yet, by what they want. All worlds begin with the same commit, and what a commit's name stands for is the
// same in all.
var packs sync.Map

func (u upload) pack(w http.ResponseWriter, r *http.Request) error {
	asked := packp.NewUploadPackRequest()
	lines := pktline.NewScanner(r.Body)
	for lines.Scan() {
		words := strings.Fields(string(lines.Bytes()))
		switch {
		case len(words) < 2:
		case words[0] == "want":
			asked.Wants = append(asked.Wants, plumbing.NewHash(words[1]))
		case words[0] == "have":
			asked.Haves = append(asked.Haves, plumbing.NewHash(words[1]))
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
	session, err := u.sessions.NewUploadPackSession(nowhere, nil)
	if err != nil {
		return err
	}
	whole := fmt.Sprint(asked.Wants)
	if text, ok := packs.Load(whole); ok && len(asked.Haves) == 0 {
		_, err := w.Write(text.([]byte))
		return err
	}
	answer, err := session.UploadPack(r.Context(), asked)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := answer.Encode(&text); err != nil {
		return err
	}
	if len(asked.Haves) == 0 {
		packs.Store(whole, text.Bytes())
	}
	_, err = w.Write(text.Bytes())
	return err
}
