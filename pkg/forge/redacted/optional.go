package redacted

import "github.com/linnet-bot/linnet/pkg/forge"

// through gives the wrapped forge those of the optional interfaces that f has. Go has no other way than a type for each set of them.
func through(wrapped *Forge, f forge.Forge) forge.Forge {
	if pulser, hasPulse := f.(forge.Pulser); hasPulse {
		return throughWithPulse(struct {
			*Forge
			forge.Pulser
		}{wrapped, pulser}, f)
	}
	roles, hasRoles := f.(forge.Roles)
	groups, hasGroups := f.(forge.Groups)
	queue, hasQueue := f.(forge.MergeQueue)
	switch {
	case hasRoles && hasGroups && hasQueue:
		return struct {
			*Forge
			forge.Roles
			forge.Groups
			forge.MergeQueue
		}{wrapped, roles, groups, queue}
	case hasRoles && hasGroups:
		return struct {
			*Forge
			forge.Roles
			forge.Groups
		}{wrapped, roles, groups}
	case hasRoles && hasQueue:
		return struct {
			*Forge
			forge.Roles
			forge.MergeQueue
		}{wrapped, roles, queue}
	case hasGroups && hasQueue:
		return struct {
			*Forge
			forge.Groups
			forge.MergeQueue
		}{wrapped, groups, queue}
	case hasRoles:
		return struct {
			*Forge
			forge.Roles
		}{wrapped, roles}
	case hasGroups:
		return struct {
			*Forge
			forge.Groups
		}{wrapped, groups}
	case hasQueue:
		return struct {
			*Forge
			forge.MergeQueue
		}{wrapped, queue}
	}
	return wrapped
}

// throughWithPulse is through of one that has a pulse.
func throughWithPulse(wrapped pulsing, f forge.Forge) forge.Forge {
	roles, hasRoles := f.(forge.Roles)
	groups, hasGroups := f.(forge.Groups)
	queue, hasQueue := f.(forge.MergeQueue)
	switch {
	case hasRoles && hasGroups && hasQueue:
		return struct {
			pulsing
			forge.Roles
			forge.Groups
			forge.MergeQueue
		}{wrapped, roles, groups, queue}
	case hasRoles && hasGroups:
		return struct {
			pulsing
			forge.Roles
			forge.Groups
		}{wrapped, roles, groups}
	case hasRoles && hasQueue:
		return struct {
			pulsing
			forge.Roles
			forge.MergeQueue
		}{wrapped, roles, queue}
	case hasGroups && hasQueue:
		return struct {
			pulsing
			forge.Groups
			forge.MergeQueue
		}{wrapped, groups, queue}
	case hasRoles:
		return struct {
			pulsing
			forge.Roles
		}{wrapped, roles}
	case hasGroups:
		return struct {
			pulsing
			forge.Groups
		}{wrapped, groups}
	case hasQueue:
		return struct {
			pulsing
			forge.MergeQueue
		}{wrapped, queue}
	}
	return wrapped
}

type pulsing interface {
	forge.Forge
	forge.Pulser
}
