/**
 * A disk of the test's own: a small tmpfs that can be filled and emptied. Where this user may not mount one, tests that
 * need it are skipped, with the reason. With OPENTL_REQUIRE_MOUNT=1 they run, and fail.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import { it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { TestContext } from "vitest"

class CommandFailed extends Data.TaggedError("CommandFailed")<{ readonly message: string }> {}

const run = (...[command, ...args]: readonly [string, ...ReadonlyArray<string>]) =>
  Effect.scoped(Effect.gen(function*() {
    const running = yield* Command.start(Command.make(command, ...args))
    const said = yield* running.stderr.pipe(Stream.decodeText(), Stream.mkString)
    if ((yield* running.exitCode) !== 0) return yield* new CommandFailed({ message: said.trim() })
  })).pipe(Effect.catchTags({
    BadArgument: (error) => new CommandFailed({ message: error.message }),
    SystemError: (error) => new CommandFailed({ message: error.message })
  }))

export interface SmallDisk {
  readonly path: string
  /** Takes all the room there is. */
  readonly fill: Effect.Effect<void, never, CommandExecutor.CommandExecutor>
  /** Gives it back. */
  readonly free: Effect.Effect<void, never, FileSystem.FileSystem>
}

/** Mounts a disk for as long as the scope. */
const mount = (megabytes: number) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Effect.orDie(fs.makeTempDirectoryScoped({ prefix: "opentl-disk-" }))
    yield* Effect.acquireRelease(
      run("mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path),
      () => Effect.ignore(run("umount", "-l", path))
    )
    const filling = `${path}/filling`
    const disk: SmallDisk = {
      path,
      // it ends by failing: that there is no room is what was wanted
      fill: Effect.ignore(run("dd", "if=/dev/zero", `of=${filling}`, "bs=4k")),
      free: Effect.orDie(fs.remove(filling))
    }
    return disk
  })

/** Nothing on it can be written any more, or again. The kernel refuses it while a file is open for writing. */
export const readOnly = ({ path }: SmallDisk, on: boolean) =>
  Effect.orDie(run("mount", "-o", `remount,${on ? "ro" : "rw"}`, path))

/** Makes a file such that it cannot be opened for writing any more, or again as it was. */
export const immutable = (file: string, on: boolean) => run("chattr", on ? "+i" : "-i", file)

type Needs = NodeContext.NodeContext | Scope.Scope

/** A disk for as long as the scope of a test, which is skipped where there can be none. */
export const smallDisk = (context: TestContext, megabytes: number) =>
  Effect.gen(function*() {
    const isRequired = yield* Config.withDefault(Config.boolean("OPENTL_REQUIRE_MOUNT"), false)
    return yield* mount(megabytes).pipe(
      Effect.catchTag("CommandFailed", ({ message }) =>
        isRequired
          ? Effect.dieMessage(message)
          : Effect.sync(() => context.skip(`no tmpfs can be mounted: ${message}`)))
    )
  })

/** A test on a disk of its own, on the clock of the world. */
export const itOnSmallDisk = <A, E>(
  name: string,
  test: (disk: SmallDisk) => Effect.Effect<A, E, Needs>,
  { megabytes = 4 }: { readonly megabytes?: number } = {}
) =>
  it.scopedLive(
    name,
    (context) => Effect.flatMap(smallDisk(context, megabytes), test).pipe(Effect.provide(NodeContext.layer))
  )
