/**
 * The sessions of a data directory, for a process that does not own it. Loaded separately, as it is a fraction of the
 * program.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SessionReads from "./actors/sessions/SessionReads.ts"
import { currentOwner, describeOwner } from "./services/config/DataDirectory.ts"
import * as PolledEventLog from "./services/store/PolledEventLog.ts"
import * as ReadOnlyDatabase from "./services/store/ReadOnlyDatabase.ts"
import { SessionHistory } from "./services/store/SessionHistory.ts"

/** Opens the reads for the lifetime of the scope. `serverUrl` is GitHub's. */
export const reads = (dataDir: string, serverUrl: string) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(
      Layer.merge(SessionHistory.layer, PolledEventLog.layer).pipe(
        Layer.provide(ReadOnlyDatabase.layer(`${dataDir}/opentl.db`))
      )
    )
    return {
      sessions: yield* Effect.provide(SessionReads.make(serverUrl), context),
      owner: currentOwner(dataDir).pipe(
        Effect.map(Option.map(describeOwner)),
        Effect.provide(NodeFileSystem.layer)
      )
    }
  })
