/** What a run of the agent starts with: its prompt, its commit message, and the commits that its workspace lacks. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { AgentLaunchJson } from "../../domain/AgentLaunch.ts"
import type { CommitId, SessionId } from "../../domain/Ids.ts"
import type { Step } from "../../domain/NextStep.ts"
import { type SessionState, turnStart } from "../../domain/SessionState.ts"
import type { AgentStart } from "../../services/agents/Agents.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import * as CommitMessage from "../../services/forge/CommitMessage.ts"
import { BaseConfigurations } from "../../services/git/BaseConfiguration.ts"
import { Repositories } from "../../services/git/Repositories.ts"
import * as Prompts from "../../services/model/Prompts.ts"
import { type InputFile, Sandbox, SandboxError } from "../../services/sandbox/Sandbox.ts"
import * as Dependencies from "./Dependencies.ts"
import { bundleFile, installFiles, textFile } from "./InputFiles.ts"
import type { StepContext } from "./StepContext.ts"

type RunAgent = Extract<Step, { readonly _tag: "RunAgent" }>

const encodeLaunch = Schema.encodeSync(AgentLaunchJson)

/** What the host of an agent reads, for an agent that has one. */
const launchFile = ({ launch }: AgentStart): ReadonlyArray<InputFile> =>
  launch === undefined ? [] : [textFile("in/agent.json", encodeLaunch(launch))]

/** Work that is not pushed: a commit on its turn's start, or several, where each round has its own. */
const workOf = ({ spec, unpushedFrom }: SessionState, work: CommitId | undefined): Readonly<Record<string, string>> =>
  work === undefined
    ? {}
    : {
      OPENTL_WORK_COMMIT: work,
      ...(spec.commits === undefined || unpushedFrom === undefined ? {} : { OPENTL_WORK_START: unpushedFrom })
    }

export const make = Effect.gen(function*() {
  const { read: configurationOf } = yield* BaseConfigurations
  const dependencies = yield* Dependencies.make
  const { identities, sandboxCertificates } = yield* AppConfig
  const repositories = yield* Repositories
  const sandbox = yield* Sandbox

  /**
   * The commits that the workspace lacks for the turn's start. For a missing workspace, that includes unpushed work.
   */
  const bundleFor = Effect.fnUntraced(function*(session: SessionId, state: SessionState, start: CommitId) {
    const known = (yield* sandbox.hasRepository(session)) ? state.inWorkspace : undefined
    const work = known === undefined ? state.unpushed : undefined
    // a workspace that was cloned before its session's sandboxes shared objects has copies, and goes on with them
    const isShared = sandbox.mountsObjects === true && known === undefined
    const contents = { start, known, isShared, work }
    const bundle = yield* repositories.exportBundle(state.spec.repo, state.branch, contents)
    return { bundle, isNew: known === undefined, work }
  })

  return Effect.fnUntraced(function*(
    { claim, state }: StepContext,
    { findings, round, turn }: RunAgent,
    agent: AgentStart
  ) {
    const start = turnStart(state)
    if (start === undefined) {
      return yield* new SandboxError({ operation: "start", reason: "the repository was not prepared" })
    }
    const { repo } = state.spec
    const base = state.origin?.commit ?? start
    const { config } = yield* configurationOf(repo, base)
    const prompt = Prompts.enrichedPrompt({
      instructions: config.instructions,
      prompt: turn.prompt,
      firstPrompt: turn.number === 1 ? undefined : state.spec.prompt,
      plan: turn.plan,
      findings,
      lastReview: turn.reviews.at(-1)?.review,
      turn: turn.number,
      round
    })
    const message = CommitMessage.commitMessage({
      title: turn.plan?.title,
      prompt: turn.prompt,
      sessionId: claim.sessionId,
      requestedBy: state.spec.requestedBy,
      coAuthor: CommitMessage.coAuthorOf(identities, state.spec.requestedBy),
      agentMessages: []
    })
    const { bundle, isNew, work } = yield* bundleFor(claim.sessionId, state, start)
    const given = isNew
      ? yield* dependencies.ofRound({ repo, commit: base, setup: config.setup }, start)
      : undefined
    return {
      ...(given?.dependencies === undefined ? {} : { dependencies: given.dependencies }),
      files: [
        textFile("in/prompt.md", prompt),
        textFile("in/commit-message.txt", message),
        ...launchFile(agent),
        ...installFiles(sandboxCertificates, config.setup),
        ...bundleFile(bundle),
        ...(given?.inputs ?? [])
      ],
      environment: { ...given?.environment, OPENTL_START_COMMIT: start, ...workOf(state, work) }
    }
  })
})
