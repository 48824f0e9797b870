package proxies

import "time"

// Life is what has become of a proxy: when it began and ended, and when it had a stream open to which istiod pod. A zero end is not yet.
type Life struct {
	Namespace  string
	Host       string // of the Service where its pod sends it
	From, To   time.Time
	Connection []Connection
}

// Connection is a stream that was open for a time.
type Connection struct {
	Istiod   string
	From, To time.Time
}

// Throughout tells whether it lived all of the time between two instants.
func (l *Life) Throughout(from, to time.Time) bool {
	return !l.From.After(from) && (l.To.IsZero() || l.To.After(to))
}

// Ever tells whether at any instant between two it had a stream open to an istiod that is asked for.
func (l *Life) Ever(from, to time.Time, is func(istiod string) bool) bool {
	for _, c := range l.Connection {
		if is(c.Istiod) && !c.From.After(to) && (c.To.IsZero() || !c.To.Before(from)) {
			return true
		}
	}
	return false
}

// Always tells whether one such stream was open all of the time.
func (l *Life) Always(from, to time.Time, is func(istiod string) bool) bool {
	for _, c := range l.Connection {
		if is(c.Istiod) && !c.From.After(from) && (c.To.IsZero() || c.To.After(to)) {
			return true
		}
	}
	return false
}

// Lives are those of all proxies that there have been, by "<pod>.<namespace>".
func (f *Fleet) Lives() map[string]Life {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make(map[string]Life, len(f.lives))
	for key, l := range f.lives {
		copied := *l
		copied.Connection = append([]Connection(nil), l.Connection...)
		all[key] = copied
	}
	return all
}

func (p *Proxy) key() string { return p.Name + "." + p.Namespace }

// born notes that a proxy begins; what it gives notes that it has ended.
func (f *Fleet) born(p *Proxy) (dead func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := &Life{Namespace: p.Namespace, Host: p.Host, From: time.Now()}
	f.lives[p.key()] = l
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		l.To = time.Now()
	}
}

// connected notes that a stream is open, from its first answer on.
func (f *Fleet) connected(p *Proxy, istiod string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.open[p.key()]; known {
		return
	}
	f.open[p.key()] = istiod
	if l := f.lives[p.key()]; l != nil {
		l.Connection = append(l.Connection, Connection{Istiod: istiod, From: time.Now()})
	}
}

func (f *Fleet) disconnected(p *Proxy) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.open[p.key()]; !known {
		return
	}
	delete(f.open, p.key())
	if l := f.lives[p.key()]; l != nil {
		l.Connection[len(l.Connection)-1].To = time.Now()
	}
}
