// Package attacks holds, for each attack that bots on forges have fallen to, a test that tries it; the package itself is empty.
//
// An attack is tried where it would be carried out: the real conductor with the real client of a forge, over HTTP, on a fake forge that is as
// obliging as the real one, with a mesh that is simulated. What the attacker is after is nearly always the same, a merge that nobody with the right to
// it agreed to, or the bot's token. So each test also shows that the same thing done rightly works: a bot that does nothing at all would hold out
// against everything.
//
// The table names what was tried already where it belongs, below its package. A test here looks that all of it is there.
//
//	forged webhook             pkg/server/hook        TestAttackForgedWebhook
//	secret in logs             pkg/server/hook        TestAttackSecretInLogs
//	huge body                  pkg/server/hook        TestAttackHugeBodyBeforeAuthentication TestAttackManyBodiesAtOnce TestAttackSlowBody
//	crash by content           pkg/server/hook        TestAttackCrashByContent
//	crash by content           cmd/bot                TestAPanicInOneEnvironmentDoesNotEndTheOthers TestAPanicAnywhereIsPrintedWithoutSecrets
//	crash by content           pkg/forge/transport    TestAPanicReachesAllWhoWaitForTheRead
//	replay                     pkg/server/hook        TestAttackReplay
//	replay                     pkg/store              TestADeliveryOutlivesTheProgramForThreeDays
//	replay                     cmd/bot                TestServeRemembersWebhooksInTheHistory
//	replay                     pkg/conductor          TestProcessesThatDieCarryACommandOutOnce
//	who may command            internal/attacks       TestAttackCommandWithoutTheRight TestAttackRightThatWasTakenAway
//	who may command            pkg/chatops            TestEveryYesHasItsGround
//	one door without a lock    internal/attacks       TestAttackDoorWithoutAuthorisation
//	edited comment             internal/attacks       TestAttackEditedComment TestAttackEditedWhileItWaits
//	edited comment             pkg/server/hook        TestAttackEditedComment
//	edited comment             pkg/forge/github       TestAnEditByAnotherInTheSameSecondIsSeen
//	quoted or nested text      internal/attacks       TestAttackQuotedOrNestedText
//	loop                       internal/attacks       TestAttackLoop
//	time of check and of use   internal/attacks       TestAttackTimeOfCheckTimeOfUse
//	time of check and of use   pkg/conductor          TestTargetThatChangesThePlanIsPlannedAnewAndVoidsThePromotion TestMergeLooksOnceMoreAtWhatWouldCome
//	forged status              internal/attacks       TestAttackForgedStatus
//	fork                       internal/attacks       TestAttackForkOrForeignMergeRequest
//	configuration from a PR    internal/attacks       TestAttackConfigurationFromTheRepository
//	path escape                internal/attacks       TestAttackPathEscape
//	path escape                pkg/planner            TestNoUpgradeReachesWhatTheForgeObeys TestPromisesOnTheMiniature
//	SSRF                       internal/attacks       TestAttackAddressInAnAnswer TestAttackRedirectToAnotherHost
//	SSRF                       pkg/forge/transport    TestCredentialsStayAtHome
//	SSRF                       pkg/forge/mirror       TestCredentialsDoNotFollowToAnotherHost
//	tokens in URLs and logs    internal/attacks       TestAttackTokenInURLsLogsAndTexts
//	tokens in URLs and logs    pkg/forge/redacted     TestNoStringThatIsWrittenHoldsASecret TestFilesAreByteExactOrNotAtAll
//	tokens in URLs and logs    pkg/forge/transport    TestKnownSecretsAreHiddenInEveryForm TestWhatLooksLikeATokenIsHidden
//	Markdown or log injection  internal/attacks       TestAttackMarkdownAndLogInjection
//	Markdown or log injection  pkg/conductor          TestNothingThatTheClusterSaysIsAMarkOfTheBots
//	Markdown or log injection  pkg/forge/gitlab       TestWhatGitLabWouldObeyIsRefused
//	too many rights            pkg/forge/github       TestATokenIsAskedForWithNoMoreThanItNeeds
//	supply chain               internal/attacks       TestAttackSupplyChain
//	approval by the bot        internal/attacks       TestAttackApprovalByTheBot
package attacks
