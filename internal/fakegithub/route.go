package fakegithub

import "net/http"

// route says who answers what.
func (s *Server) route() {
	s.mux = http.NewServeMux()
	s.handle("/", func(*call) (int, any) { return missing() })
	s.handle("POST /graphql", (*call).graphql)
	s.handle("GET /user", (*call).me)
	s.handle("POST /app/installations/{installation_id}/access_tokens", (*call).mint)
	const repo = "/repos/{owner}/{repo}"
	s.handle("GET "+repo, (*call).repository)
	s.handle("GET /organizations/{org_id}/team/{team_id}/memberships/{username}", (*call).teamMembership)
	s.handle("GET "+repo+"/installation", (*call).installation)
	s.handle("GET "+repo+"/collaborators/{username}/permission", (*call).permission)
	s.handle("GET "+repo+"/branches/{branch}", (*call).branch)
	s.handle("GET "+repo+"/branches/{branch}/protection", (*call).protection)
	s.handle("GET "+repo+"/rules/branches/{branch}", (*call).branchRules)

	s.handle("POST "+repo+"/git/refs", (*call).createRef)
	s.handle("PATCH "+repo+"/git/refs/{ref...}", (*call).updateRef)
	s.handle("DELETE "+repo+"/git/refs/{ref...}", (*call).deleteRef)
	s.handle("GET "+repo+"/git/ref/{ref...}", (*call).getRef)
	s.handle("POST "+repo+"/git/blobs", (*call).createBlob)
	s.handle("POST "+repo+"/git/trees", (*call).createTree)
	s.handle("POST "+repo+"/git/commits", (*call).createCommit)
	s.handle("GET "+repo+"/git/commits/{sha}", (*call).getCommit)

	s.handle("GET "+repo+"/pulls", (*call).listPulls)
	s.handle("POST "+repo+"/pulls", (*call).openPull)
	s.handle("GET "+repo+"/pulls/{number}", (*call).getPull)
	s.handle("PATCH "+repo+"/pulls/{number}", (*call).editPull)
	s.handle("PUT "+repo+"/pulls/{number}/merge", (*call).mergePull)
	s.handle("POST "+repo+"/pulls/{number}/requested_reviewers", (*call).requestReviewers)
	s.handle("GET "+repo+"/pulls/{number}/reviews", (*call).listReviews)
	s.handle("POST "+repo+"/pulls/{number}/reviews", (*call).review)
	s.handle("PUT "+repo+"/pulls/{number}/reviews/{review}/dismissals", (*call).dismiss)
	s.handle("POST "+repo+"/issues/{number}/labels", (*call).addLabels)

	// The comments of an issue, and one comment: to the multiplexer the two look alike.
	s.handle("GET "+repo+"/issues/{number}/{id}", func(c *call) (int, any) {
		switch {
		case c.r.PathValue("number") == "comments":
			return c.getComment()
		case c.r.PathValue("id") == "comments":
			return c.listComments()
		}
		return missing()
	})
	s.handle("POST "+repo+"/issues/{number}/comments", (*call).addComment)
	s.handle("PATCH "+repo+"/issues/comments/{id}", (*call).editComment)
	s.handle("DELETE "+repo+"/issues/comments/{id}", (*call).deleteComment)
	s.handle("GET "+repo+"/issues/comments/{id}/reactions", (*call).listReactions)
	s.handle("POST "+repo+"/issues/comments/{id}/reactions", (*call).react)
	s.handle("DELETE "+repo+"/issues/comments/{id}/reactions/{reaction}", (*call).unreact)

	s.handle("POST "+repo+"/check-runs", (*call).createRun)
	s.handle("GET "+repo+"/check-runs/{id}", (*call).getRun)
	s.handle("PATCH "+repo+"/check-runs/{id}", (*call).updateRun)
	s.handle("GET "+repo+"/commits/{ref}/check-runs", (*call).listRuns)
	s.handle("POST "+repo+"/statuses/{sha}", (*call).createStatus)
	s.handle("GET "+repo+"/commits/{ref}/statuses", (*call).listStatuses)

	s.routeDoctor()
}
