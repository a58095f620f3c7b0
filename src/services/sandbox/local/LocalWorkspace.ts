/**
 * The workspaces of local sandboxes: one directory per session. A run may have left anything in it, including links to
 * the outside, so nothing is written or read through a link.
 */
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { SessionId } from "../../../domain/Ids.ts"
import type { InputFile } from "../Sandbox.ts"
import * as Layout from "../SandboxLayout.ts"

const readSession = Schema.decodeUnknownOption(SessionId)

export const make = Effect.fnUntraced(function*(root: string, dataDir: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const executor = yield* CommandExecutor.CommandExecutor

  const directoryOf = (session: SessionId) => path.join(root, session)

  /** Removes a file, a link or a directory, even if its owner may not write to it, as some tools leave them. */
  const remove = (target: string) => {
    const removal = fs.remove(target, { recursive: true, force: true })
    const unlock = Command.make("chmod", "-R", "u+rwX", "--", target).pipe(
      Command.exitCode,
      Effect.provideService(CommandExecutor.CommandExecutor, executor)
    )
    return Effect.orElse(removal, () => Effect.zipRight(unlock, removal))
  }

  /** Creates a workspace, empties its `in/` and `out/`, and adds the inputs. */
  const prepare = Effect.fnUntraced(function*(workspace: string, inputs: ReadonlyArray<InputFile>) {
    yield* fs.makeDirectory(workspace, { recursive: true })
    for (const name of [Layout.inputs, Layout.outputs]) {
      yield* remove(path.join(workspace, name))
      yield* fs.makeDirectory(path.join(workspace, name))
    }
    yield* Effect.forEach(inputs, (input) => {
      const target = path.join(workspace, input.path)
      return input.content._tag === "Text"
        ? fs.writeFileString(target, input.content.text)
        : fs.copyFile(input.content.path, target)
    }, { discard: true })
  })

  const hasRepository = (session: SessionId) =>
    Effect.every(Layout.repositoryMarks, (mark) => fs.exists(path.join(directoryOf(session), mark)))

  /** A regular file in a workspace's `out/`, reached without links. */
  const outputFile = Effect.fnUntraced(function*(directory: string, name: string) {
    const workspace = yield* fs.realPath(directory)
    const file = path.join(workspace, Layout.outputs, name)
    const real = yield* Effect.option(fs.realPath(file))
    if (!Option.contains(real, file)) return Option.none()
    const { size, type } = yield* fs.stat(file)
    return type === "File" ? Option.some({ file, size }) : Option.none()
  })

  const text = Effect.fnUntraced(function*(workspace: string, name: string, limit: number) {
    const found = yield* outputFile(workspace, name)
    return yield* Option.match(found, {
      onNone: () => Effect.succeed(""),
      onSome: ({ file }) => Layout.readText(fs.stream(file), limit)
    })
  })

  const answer = (workspace: string) => text(workspace, Layout.answer, Layout.answerLimit)

  const checkReport = (workspace: string) => text(workspace, Layout.checkReport, Layout.checkReportLimit)

  /** A copy of the bundle, in the caller's scope. */
  const bundle = Effect.fnUntraced(function*(workspace: string) {
    const found = yield* outputFile(workspace, Layout.bundle)
    if (Option.isNone(found)) return Option.none()
    yield* Layout.checkBundle(found.value.size)
    const copy = yield* Layout.resultFile(dataDir)
    yield* fs.copyFile(found.value.file, copy)
    return Option.some(copy)
  })

  /** The sessions that have a workspace. */
  const sessions = Effect.map(fs.readDirectory(root), Arr.filterMap((name) => readSession(name)))

  return { directoryOf, sessions, prepare, hasRepository, answer, checkReport, bundle, remove } as const
})
