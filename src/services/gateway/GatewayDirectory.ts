/**
 * The location of a session's socket: `<data dir>/gateways/<session>/gateway.sock`. Anyone may enter the directory
 * itself, because the user inside a container is a different one, but only we may enter its parent.
 *
 * A socket's path can have 107 bytes. If the data directory's path is too long for that, the directory is
 * `<tmp>/opentl-<instance>/<session>`, whose name contains the installation's random id and stays the same over
 * restarts. The directory outlives the gateway: a running container has it mounted, and finds the next server's socket
 * in it.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { tmpdir } from "node:os"
import type { SessionId } from "../../domain/Ids.ts"
import { instanceOf } from "../sandbox/SandboxInstance.ts"
import * as Layout from "../sandbox/SandboxLayout.ts"

/** The directory that we need belongs to another user. */
export class GatewayDirectoryTaken extends Schema.TaggedError<GatewayDirectoryTaken>()("GatewayDirectoryTaken", {
  directory: Schema.String
}) {
  override get message() {
    return `${this.directory} belongs to somebody else`
  }
}

/** The length of `sun_path` in bytes, without the terminating NUL. */
const longestPath = 107

const fits = (socket: string): boolean => new TextEncoder().encode(socket).length <= longestPath

/** Creates a directory that only we can enter. In a shared parent, an existing one of another user is refused. */
const makePrivate = Effect.fnUntraced(function*(directory: string, dataDir: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
  // of a link's own owner nobody asks: what it leads to may be ours
  const isLink = yield* Effect.isSuccess(fs.readLink(directory))
  const { uid: owner } = yield* fs.stat(directory)
  const { uid: us } = yield* fs.stat(dataDir)
  if (isLink || Option.getOrUndefined(owner) !== Option.getOrUndefined(us)) {
    return yield* new GatewayDirectoryTaken({ directory })
  }
  yield* fs.chmod(directory, 0o700)
})

/** Creates the directory for a session's socket. */
export const create = Effect.fnUntraced(function*(dataDir: string, session: SessionId) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const socketIn = (root: string) => path.join(root, session, Layout.gatewaySocket)
  const own = path.join(dataDir, "gateways")
  const root = fits(socketIn(own)) ? own : path.join(tmpdir(), `opentl-${yield* instanceOf(dataDir)}`)
  yield* makePrivate(root, dataDir)
  const socket = socketIn(root)
  const directory = path.dirname(socket)
  yield* fs.makeDirectory(directory, { recursive: true })
  yield* fs.chmod(directory, 0o755)
  return { directory, socket }
})

/** Creates the directory, and removes what a killed server left in it. */
export const prepare = Effect.fnUntraced(function*(dataDir: string, session: SessionId) {
  const fs = yield* FileSystem.FileSystem
  const created = yield* create(dataDir, session)
  yield* fs.remove(created.socket, { force: true })
  return created
})
