/** The directories of this machine that a session's runs are given, known before the repository is. */
import * as Effect from "effect/Effect"
import type { SessionId } from "../../domain/Ids.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import { Gateway } from "../../services/gateway/Gateway.ts"
import { Repositories } from "../../services/git/Repositories.ts"
import { Sandbox } from "../../services/sandbox/Sandbox.ts"

export const make = Effect.gen(function*() {
  const gateway = yield* Gateway
  const repositories = yield* Repositories
  const sandbox = yield* Sandbox

  return Effect.fnUntraced(function*(session: SessionId, { spec }: SessionState) {
    const gatewayDirectory = yield* gateway.directoryOf(session)
    if (sandbox.mountsObjects !== true) return { gatewayDirectory }
    return { gatewayDirectory, objectsDirectory: yield* repositories.objectsDirectory(spec.repo) }
  })
})
