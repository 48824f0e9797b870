package mesh

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// source follows one kind: it lists it, and watches on from there. client-go's reflector does that, too, but nobody can ask it whether what it holds is the present or what
// was there before the connection broke, its first list may come out of a lagging cache, and it holds whole objects until a list is complete.
type source[T any] struct {
	store store[T]
	state
	resource string   // as RBAC and MissingRights name it: "pods", "helmreleases.helm.toolkit.fluxcd.io"
	versions []remote // the best first
	optional bool     // whether a cluster may be without it
	page     int64    // objects to ask for at once
	convert  func(runtime.Object) (T, bool)
	clients  *clients
}

const (
	pageTimeout  = time.Minute
	watchTimeout = 5 * time.Minute
)

// follow keeps the store as the API server's until the context ends.
func (s *source[T]) follow(ctx context.Context) {
	var (
		from  string // the version to watch from; "" = list first
		r     remote
		pause = s.clients.firstPause
	)
	for ctx.Err() == nil {
		var err error
		heard := false
		if from == "" {
			r, from, err = s.list(ctx)
		}
		if err == nil {
			from, heard, err = s.watch(ctx, r, from)
		}
		if err != nil {
			s.failed(ctx, err)
		}
		if heard {
			pause = s.clients.firstPause
			continue
		}
		// Either it failed, or the server ended a watch that had brought nothing. The jitter keeps all kinds from coming back at the same instant.
		wait(ctx, pause/2+rand.N(pause))
		longest := 150 * s.clients.firstPause
		if err == nil {
			longest = 5 * s.clients.firstPause
		}
		pause = min(2*pause, longest)
	}
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// failure is a request that did not do what it should.
type failure struct {
	verb string
	err  error
}

func (f *failure) Error() string { return f.verb + ": " + f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// failed takes down what a failure means.
func (s *source[T]) failed(ctx context.Context, err error) {
	refused, absent := "", false
	if f := (*failure)(nil); apierrors.IsForbidden(err) && errors.As(err, &f) {
		refused = f.verb + " " + s.resource
	}
	if s.optional && (refused != "" || apierrors.IsNotFound(err)) {
		there, otherwise := s.served(ctx)
		switch {
		case otherwise == nil && !there:
			refused, absent = "", true
			s.store.replace(nil)
		case refused == "" && apierrors.IsForbidden(otherwise):
			refused = "get /apis/" + s.versions[0].Group
		case refused == "" && otherwise != nil:
			err = otherwise
		}
	}
	s.set(func(st *state) {
		st.refused, st.absent, st.err = refused, absent, fmt.Errorf("%s: %w", s.resource, err)
	})
}

// served tells whether the API server has the kind at all. Whoever lists a kind that does not exist without the right to is told that he may not, and not that
// it does not exist; but what there is, everybody may ask. A kind that is there only in versions that nobody here can read is an error: it is not absent.
func (s *source[T]) served(ctx context.Context) (bool, error) {
	as, err := s.clients.servedAs(ctx, s.versions[0].GroupResource())
	if err != nil || len(as) == 0 {
		return false, err
	}
	for _, v := range s.versions {
		if slices.Contains(as, v.Version) {
			return true, nil
		}
	}
	return true, fmt.Errorf("the API server has it only as %s, which this version of Linnet does not read: upgrade Linnet", strings.Join(as, ", "))
}

// list reads the whole kind and tells from where to watch on. It asks for the newest that there is, never for what some API server happens to have at hand.
func (s *source[T]) list(ctx context.Context) (remote, string, error) {
	var err error
	for _, r := range s.versions {
		var (
			all  []kept[T]
			from string
		)
		all, from, err = s.pages(ctx, r)
		if err == nil {
			s.store.replace(all)
			s.set(func(st *state) { st.listed, st.refused, st.absent, st.err = true, "", false, nil })
			return r, from, nil
		}
		if !apierrors.IsNotFound(err) {
			break
		}
	}
	return remote{}, "", &failure{"list", err}
}

// pages collects the parts of a list. They are of one moment; a server that no longer remembers it in the middle says so, and the list begins again as
// a whole, in one page if need be.
func (s *source[T]) pages(ctx context.Context, r remote) ([]kept[T], string, error) {
	var all []kept[T]
	options := metav1.ListOptions{Limit: s.page}
	for {
		list, err := s.onePage(ctx, r, options)
		if options.Continue != "" && (apierrors.IsResourceExpired(err) || apierrors.IsGone(err)) {
			all, options = nil, metav1.ListOptions{}
			continue
		}
		if err != nil {
			return nil, "", err
		}
		about, err := meta.ListAccessor(list)
		if err != nil {
			return nil, "", err
		}
		err = meta.EachListItem(list, func(o runtime.Object) error {
			if k, value, ok := s.keep(o); ok {
				all = append(all, kept[T]{k, value})
			}
			return nil
		})
		if err != nil {
			return nil, "", err
		}
		if about.GetContinue() == "" {
			return all, about.GetResourceVersion(), nil
		}
		options.Continue = about.GetContinue()
	}
}

func (s *source[T]) onePage(ctx context.Context, r remote, options metav1.ListOptions) (runtime.Object, error) {
	ctx, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	return r.list(ctx, options)
}

func (s *source[T]) keep(o runtime.Object) (k key, value T, ok bool) {
	about, err := meta.Accessor(o)
	if err != nil {
		return k, value, false
	}
	value, ok = s.convert(o)
	return key{intern(about.GetNamespace()), about.GetName()}, value, ok
}

// watch takes over every change until the watch ends. It gives from where to watch on, and whether anything was heard.
//
// After an error all is listed again, whatever it was: to take up the old watch where it broke off would be cheaper, but from the instant that it is open until it has
// caught up nobody could tell the past from the present. Only a watch that the server ends in good order is followed by the next without a list. A watch that has gone
// silent is such an error: the server sends a bookmark about once a minute, so its connection is dead, and only this end does not know.
func (s *source[T]) watch(ctx context.Context, r remote, from string) (next string, heard bool, err error) {
	// Whatever happens to the connection, the API server ends a watch after this time, and so does this side.
	seconds := int64((watchTimeout + rand.N(watchTimeout)).Seconds())
	ctx, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second+pageTimeout)
	defer cancel()
	w, err := r.watch(ctx, metav1.ListOptions{ResourceVersion: from, AllowWatchBookmarks: true, TimeoutSeconds: &seconds})
	if err != nil {
		return "", false, &failure{"watch", err}
	}
	defer w.Stop()
	s.set(func(st *state) { st.watching, st.refused, st.err = true, "", nil })
	defer s.set(func(st *state) { st.watching = false })
	silence := time.NewTimer(s.clients.silence)
	defer silence.Stop()
	for {
		select {
		case <-silence.C:
			return "", heard, &failure{"watch", fmt.Errorf("nothing has been heard for %s, not even that nothing happens", s.clients.silence)}
		case <-ctx.Done():
			return from, heard, nil
		case e, open := <-w.ResultChan():
			if !open {
				return from, heard, nil
			}
			if e.Type == watch.Error {
				return "", heard, &failure{"watch", apierrors.FromObject(e.Object)}
			}
			about, err := meta.Accessor(e.Object)
			if err != nil {
				return "", heard, &failure{"watch", err}
			}
			from, heard = about.GetResourceVersion(), true
			silence.Reset(s.clients.silence)
			s.take(e)
		}
	}
}

func (s *source[T]) take(e watch.Event) {
	switch e.Type {
	case watch.Added, watch.Modified:
		if k, value, ok := s.keep(e.Object); ok {
			s.store.put(k, value)
		}
	case watch.Deleted:
		if about, err := meta.Accessor(e.Object); err == nil {
			s.store.remove(key{about.GetNamespace(), about.GetName()})
		}
	default:
		return // a bookmark only says how far the watch is
	}
	s.changed()
}
