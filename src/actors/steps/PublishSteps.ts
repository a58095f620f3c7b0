/** From the sandbox's commits to a pull request: collect, push, propose. All of it runs outside the sandbox. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Step } from "../../domain/NextStep.ts"
import * as Patch from "../../domain/Patch.ts"
import { needsDraft } from "../../domain/Review.ts"
import { sensitiveFiles } from "../../domain/SensitiveFile.ts"
import {
  BranchPushed,
  ChangesCollected,
  NothingChanged,
  ProposalFlawed,
  PullRequestOpened,
  PullRequestUpdated
} from "../../domain/SessionEvent.ts"
import { turnStart } from "../../domain/SessionState.ts"
import * as Verification from "../../domain/Verification.ts"
import { together, weakenedTests } from "../../domain/WeakenedTests.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import * as CommitMessage from "../../services/forge/CommitMessage.ts"
import { Forge } from "../../services/forge/Forge.ts"
import { pullRequestText } from "../../services/forge/PullRequestText.ts"
import { roundMessage } from "../../services/forge/RoundMessage.ts"
import * as Redaction from "../../services/gate/Redaction.ts"
import { BaseConfigurations } from "../../services/git/BaseConfiguration.ts"
import { GitError, Repositories } from "../../services/git/Repositories.ts"
import { Sandbox } from "../../services/sandbox/Sandbox.ts"
import { Attachment } from "../../services/store/SessionStore.ts"
import { CollectedRuns } from "./CollectedRuns.ts"
import type { Perform } from "./StepContext.ts"

type Named<Tag extends Step["_tag"]> = Extract<Step, { readonly _tag: Tag }>

export const make = Effect.gen(function*() {
  const collected = yield* CollectedRuns
  const forge = yield* Forge
  const { read: configurationOf } = yield* BaseConfigurations
  const { identities } = yield* AppConfig
  const repositories = yield* Repositories
  const sandbox = yield* Sandbox
  const withoutSecrets = yield* Redaction.make

  const collect: Perform<Named<"CollectChanges">> = Effect.fn("PublishSteps.collect")(
    function*({ claim, record, state }, { run, turn }) {
      const at = { turn: turn.number, round: run.round }
      const start = turnStart(state)
      if (state.origin === undefined || start === undefined) {
        return yield* new GitError({ operation: "diff", reason: "the session has no base commit" })
      }
      const { answers, kept, unkept } = turn.rounds ?? {}
      const bundle = yield* sandbox.bundle({ sessionId: claim.sessionId, ...at })
      const commit = Option.isNone(bundle)
        ? start
        : yield* repositories.importBundle(state.spec.repo, bundle.value, {
          session: claim.sessionId,
          branch: state.branch,
          start,
          parent: kept,
          date: turn.startedAt,
          author: CommitMessage.author,
          message: (agentMessages, parent) => {
            const words = {
              title: turn.plan?.title,
              prompt: turn.prompt,
              sessionId: claim.sessionId,
              requestedBy: state.spec.requestedBy,
              coAuthor: CommitMessage.coAuthorOf(identities, state.spec.requestedBy)
            }
            const message = parent === start || answers === undefined
              ? CommitMessage.commitMessage({ ...words, agentMessages })
              : roundMessage({ ...words, agentMessages: [] }, answers)
            return withoutSecrets("the commit's message", message)
              .pipe(
                Effect.tapError(Effect.logWarning),
                Effect.orElseSucceed(() => CommitMessage.commitMessage({ ...words, agentMessages: [] }))
              )
          }
        })
      const diff = yield* repositories.diff(state.spec.repo, state.origin.commit, commit)
      const { deletions, files, insertions } = diff
      yield* commit === start
        ? record([NothingChanged.make(at)])
        : record(
          [ChangesCollected.make({
            ...at,
            changes: { commit, files, insertions, deletions },
            stat: yield* withoutSecrets("the list of files", diff.stat),
            ...(unkept === undefined ? {} : { joined: unkept })
          })],
          Attachment.Patch({ ...at, patch: diff.patch })
        )
      yield* collected.remove(claim.sessionId, sandbox.removeRuns(claim.sessionId))
    },
    Effect.scoped
  )

  const push: Perform<Named<"PushBranch">> = Effect.fn("PublishSteps.push")(
    function*({ record, state }, { changes, turn }) {
      yield* repositories.push(state.spec.repo, state.branch, changes.commit, state.remoteTip)
      const pullRequests = forge.hasPullRequests(state.spec.repo)
      yield* record([
        BranchPushed.make({ turn: turn.number, branch: state.branch, commit: changes.commit, pullRequests })
      ])
    }
  )

  const propose: Perform<Named<"Propose">> = Effect.fn("PublishSteps.propose")(
    function*({ claim, record, state }, { changes, review, run, turn, verification }) {
      if (state.origin === undefined) {
        return yield* new GitError({ operation: "push", reason: "the session has no base branch" })
      }
      const diff = yield* repositories.diff(state.spec.repo, state.origin.commit, changes.commit)
      const sections = Patch.sections(diff.patch)
      const { config: { pullRequest: wishes = {} } } = yield* configurationOf(state.spec.repo, state.origin.commit)
      const { body, title } = pullRequestText({
        titlePrefix: wishes.titlePrefix,
        sessionId: claim.sessionId,
        prompt: state.spec.prompt,
        turnPrompt: turn.number === 1 ? undefined : turn.prompt,
        plan: state.plan,
        points: turn.plan?.acceptance ?? [],
        reviews: turn.reviews,
        review,
        verification,
        answer: yield* withoutSecrets("the agent's last words", run.answer),
        changes,
        sensitive: sensitiveFiles(diff.changed, sections),
        unscanned: state.unscanned,
        weakened: together(verification.weakened ?? [], weakenedTests(diff.changed, sections)),
        usage: state.usage,
        requestedBy: state.spec.requestedBy
      })
      const { opened, problems, pullRequest } = yield* forge.propose({
        repo: state.spec.repo,
        head: state.branch,
        base: state.origin.base,
        draft: needsDraft(review) || Verification.needsDraft(verification),
        ...(wishes.draft === undefined ? {} : { opensAsDraft: wishes.draft }),
        ...(wishes.labels === undefined ? {} : { labels: wishes.labels }),
        ...(wishes.reviewers === undefined ? {} : { reviewers: wishes.reviewers }),
        ...(state.pullRequest === undefined ? {} : { known: state.pullRequest.number }),
        title: yield* withoutSecrets("the pull request's title", title),
        body: yield* withoutSecrets("the pull request's text", body)
      })
      const event = opened ? PullRequestOpened : PullRequestUpdated
      yield* record([
        ...problems.map((problem) => ProposalFlawed.make({ turn: turn.number, problem })),
        event.make({ turn: turn.number, pullRequest })
      ])
    }
  )

  return { collect, push, propose }
})
