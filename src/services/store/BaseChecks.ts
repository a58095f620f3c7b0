/**
 * How commands ended on base commits: kept by repository, commit, command and sandbox image, so that each is run there
 * once, whatever number of sessions start from it.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqlSchema from "@effect/sql/SqlSchema"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { CheckEnd } from "../../domain/CheckRun.ts"
import type { CommitId } from "../../domain/Ids.ts"
import { StoreError } from "./StoreError.ts"

/** What a command's end on the base depends on. */
export interface BaseKey {
  readonly repo: string
  readonly commit: CommitId
  /** The sandbox's identity. */
  readonly sandbox: string
}

/** Bases move on. */
const keptFor = Duration.days(30)

export class BaseChecks extends Context.Tag("opentl/services/store/BaseChecks")<BaseChecks, {
  /** The ends that are known, by the command's shell line. */
  readonly find: (key: BaseKey) => Effect.Effect<ReadonlyMap<string, CheckEnd>, StoreError>
  /** Keeps ends; of a command whose end is known, the first one stays. */
  readonly keep: (key: BaseKey, ends: ReadonlyMap<string, CheckEnd>) => Effect.Effect<void, StoreError>
}>() {
  static readonly layer = Layer.effect(
    BaseChecks,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const failing = (operation: string) => Effect.mapError((cause: unknown) => new StoreError({ operation, cause }))
      const rows = SqlSchema.findAll({
        Request: Schema.Struct({ repo: Schema.String, commit: Schema.String, sandbox: Schema.String }),
        Result: Schema.Struct({ command: Schema.String, ended: Schema.parseJson(CheckEnd) }),
        execute: ({ commit, repo, sandbox }) =>
          sql`SELECT command, ended FROM base_checks
            WHERE repo = ${repo} AND base_commit = ${commit} AND sandbox = ${sandbox}`
      })
      const encode = Schema.encode(Schema.parseJson(CheckEnd))
      return BaseChecks.of({
        find: Effect.fn("BaseChecks.find")((key) =>
          rows(key).pipe(
            Effect.map((found) => new Map(found.map(({ command, ended }) => [command, ended] as const))),
            failing("read the checks of a base")
          )
        ),
        keep: Effect.fn("BaseChecks.keep")(function*({ commit, repo, sandbox }, ends) {
          const now = yield* Clock.currentTimeMillis
          yield* sql`DELETE FROM base_checks WHERE created_at < ${now - Duration.toMillis(keptFor)}`
          yield* Effect.forEach(
            ends,
            ([command, end]) =>
              Effect.flatMap(encode(end), (ended) =>
                sql`INSERT INTO base_checks
                ${sql.insert({ repo, base_commit: commit, command, sandbox, ended, created_at: now })}
                ON CONFLICT DO NOTHING`),
            { discard: true }
          )
        }, failing("keep the checks of a base"))
      })
    })
  )
}
