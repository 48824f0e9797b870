package crash

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"modernc.org/sqlite"
)

// taps are those of the worlds that are looked at, by the world's folder.
var taps sync.Map

// watchTransactions makes every transaction of this process that changes rows of a world pass the world's tap.
func watchTransactions() {
	sqlite.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, dsn string) error {
		hooks, ok := conn.(sqlite.HookRegisterer)
		if !ok {
			return fmt.Errorf("the driver gives no hooks for %s", dsn)
		}
		changed := false
		hooks.RegisterPreUpdateHook(func(sqlite.SQLitePreUpdateData) { changed = true })
		hooks.RegisterRollbackHook(func() { changed = false })
		hooks.RegisterCommitHook(func() int32 {
			if changed {
				changed = false
				commits(dsn)
			}
			return 0
		})
		return nil
	})
}

func commits(dsn string) {
	taps.Range(func(world, t any) bool {
		dir, _ := world.(string)
		if !strings.Contains(dsn, dir+"/") {
			return true
		}
		journal, _ := filepath.Glob(filepath.Join(dir, "forge", "journal", "*.json"))
		which, _, _ := strings.Cut(strings.TrimPrefix(dsn[strings.Index(dsn, dir+"/"):], dir+"/"), "?")
		t.(*tap).commits("transaction of "+which, len(journal) > 0)
		return false
	})
}
