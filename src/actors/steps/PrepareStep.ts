/** Fetches the repository, finds where the turn starts, and reads what the repository's own configuration says. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Step } from "../../domain/NextStep.ts"
import { BranchChanged, ConfigurationRead, RepositoryPrepared } from "../../domain/SessionEvent.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import { BaseConfigurations } from "../../services/git/BaseConfiguration.ts"
import { Repositories } from "../../services/git/Repositories.ts"
import * as AgentWish from "./AgentWish.ts"
import * as EgressWish from "./EgressWish.ts"
import type { Perform } from "./StepContext.ts"

type PrepareRepository = Extract<Step, { readonly _tag: "PrepareRepository" }>

export const make = Effect.gen(function*() {
  const agentWish = yield* AgentWish.make
  const egressWish = yield* EgressWish.make
  const { read: configurationOf } = yield* BaseConfigurations
  const repositories = yield* Repositories

  const prepareFrom = ({ branch, origin, remoteTip, spec }: SessionState, wantedBase = spec.base) =>
    repositories.prepare(spec.repo, { branch, wantedBase, origin, remoteTip })

  /**
   * Where the turn starts. A new session that names no base forks from the one that the configuration on the default
   * branch names, if there is such a branch.
   */
  const startOf = Effect.fnUntraced(function*(state: SessionState) {
    const prepared = yield* prepareFrom(state)
    if (state.spec.base !== undefined || state.origin !== undefined) return { prepared, keys: [], problems: [] }
    const { config: { base } } = yield* configurationOf(state.spec.repo, prepared.commit)
    if (base === undefined) return { prepared, keys: [], problems: [] }
    if (base === prepared.base) return { prepared, keys: ["base"], problems: [] }
    return yield* prepareFrom(state, base).pipe(
      Effect.map((prepared) => ({ prepared, keys: ["base"], problems: [] })),
      Effect.catchTag("BranchNotFound", ({ message }) =>
        Effect.succeed({
          prepared,
          keys: [],
          problems: [`the configuration's base is not used: ${message}`]
        }))
    )
  })

  const perform: Perform<PrepareRepository> = Effect.fn("PrepareStep.perform")(
    function*({ record, state }, { turn }) {
      const { spec } = state
      const { keys: known, prepared, problems } = yield* startOf(state)
      const { config, problem } = yield* configurationOf(spec.repo, prepared.commit)
      const { taken, ...wish } = yield* agentWish(spec, config)
      const noEgress = config.egress === undefined || config.egress.length === 0
        ? undefined
        : egressWish.refusal(spec.repo)
      const { agent: _agent, base: _base, egress: _egress, model: _model, reviewRounds, ...others } = config
      const keys = [
        ...known,
        ...Object.keys(others),
        ...(config.agent !== undefined && taken.agent !== undefined ? ["agent"] : []),
        ...(taken.model === undefined ? [] : ["model"]),
        ...(config.egress === undefined || noEgress !== undefined ? [] : ["egress"]),
        ...(reviewRounds === undefined ? [] : ["reviewRounds"])
      ]
      const said = [problem, ...problems, wish.problem, noEgress].filter((text) => text !== undefined)
      const at = { turn: turn.number }
      yield* record([
        ...Option.toArray(prepared.change).map((change) =>
          BranchChanged.make({ ...at, branch: state.branch, ...change })
        ),
        RepositoryPrepared.make({
          ...at,
          base: prepared.base,
          commit: prepared.commit,
          ...Option.match(prepared.start, { onNone: () => ({}), onSome: (start) => ({ start }) })
        }),
        ...(keys.length === 0 && said.length === 0
          ? []
          : [ConfigurationRead.make({
            ...at,
            keys,
            ...(said.length === 0 ? {} : { problem: said.join("\n") }),
            ...(reviewRounds === undefined ? {} : { reviewRounds }),
            ...taken
          })])
      ])
    }
  )
  return perform
})
