package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
)

// graphqlError is one of the errors in an answer whose HTTP status is nevertheless 200.
type graphqlError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

func (e *graphqlError) Error() string { return "GitHub says " + strconv.Quote(e.Message) }

// Is gives the types that the contract knows their meaning.
func (e *graphqlError) Is(target error) bool {
	switch e.Type {
	case "FORBIDDEN", "INSUFFICIENT_SCOPES":
		return target == forge.ErrForbidden
	case "NOT_FOUND":
		return target == forge.ErrNotFound
	}
	return false
}

// query asks something.
func (f *Forge) query(ctx context.Context, text string, variables map[string]any, into any) (time.Time, error) {
	return f.send(transport.ReadOnly(ctx), text, variables, into)
}

// mutate changes something; all mutations used take one input.
func (f *Forge) mutate(ctx context.Context, name, result string, input map[string]any, into any) error {
	typed := strings.ToUpper(name[:1]) + name[1:] + "Input"
	text := fmt.Sprintf("mutation($input: %s!) { %s(input: $input) { %s } }", typed, name, result)
	_, err := f.send(ctx, text, map[string]any{"input": input}, into)
	return err
}

// send gives the time of GitHub's clock at the answer.
func (f *Forge) send(ctx context.Context, text string, variables map[string]any, into any) (time.Time, error) {
	// The interface is not below the REST one, so that the whole address is given.
	request, err := f.rest.NewRequest(http.MethodPost, f.graphql, map[string]any{"query": text, "variables": variables})
	if err != nil {
		return time.Time{}, err
	}
	answer := struct {
		Data   any            `json:"data"`
		Errors []graphqlError `json:"errors"`
	}{Data: into}
	response, err := f.rest.Do(ctx, request, &answer)
	if err != nil {
		return time.Time{}, err
	}
	at, _ := http.ParseTime(response.Header.Get("Date"))
	for i := range answer.Errors {
		if answer.Errors[i].Type == "RATE_LIMITED" {
			until := response.Rate.Reset.Time
			if until.IsZero() {
				until = f.now().Add(secondaryRest)
			}
			return at, &transport.LimitedError{Name: f.name, Endpoint: "POST /graphql", Until: until}
		}
	}
	if len(answer.Errors) > 0 {
		return at, &answer.Errors[0]
	}
	return at, nil
}

// unknownToGraphQL is whether an older server does not have the mutation. It says so before it does anything, and gives such errors no type.
func unknownToGraphQL(err error, mutation string) bool {
	var e *graphqlError
	return errors.As(err, &e) && strings.Contains(e.Message, "Field '"+mutation+"' doesn't exist")
}

// saidByGraphQL is whether the error is of that type.
func saidByGraphQL(err error, kind string) bool {
	var e *graphqlError
	return errors.As(err, &e) && e.Type == kind
}
