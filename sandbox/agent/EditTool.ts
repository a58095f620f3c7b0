import type * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { replaceOnce, viewLines } from "./FileEdit.ts"
import { forModel } from "./OutputWindow.ts"
import { textContent } from "./Telling.ts"
import { SystemText, type Tool, type ToolOutput } from "./Tool.ts"

const text = (description: string) => Schema.optional(Schema.String.annotations({ description }))
const line = (description: string) =>
  Schema.optional(Schema.Number.pipe(Schema.int(), Schema.greaterThanOrEqualTo(1)).annotations({ description }))

/**
 * One flat object, because the APIs do not support unions here: the fields that an action needs are checked when it
 * runs.
 */
export const EditInput = Schema.Struct({
  action: Schema.Literal("view", "create", "replace"),
  path: SystemText.annotations({ description: "The file, relative to the repository's root." }),
  content: text("For create: the whole text of the file."),
  old: text("For replace: the text to replace, exactly as in the file. It must stand there once."),
  new: text("For replace: the text to put in its place."),
  first_line: line("For view: the first line, 1 if not given."),
  last_line: line("For view: the last line, the file's last if not given.")
})

type EditInput = typeof EditInput.Type

const description = "Views, writes or changes a text file of the repository. `view` shows lines with their numbers; " +
  "`create` writes a whole file, new or over an old one; `replace` puts `new` in the place of `old`, which must stand " +
  "in the file exactly once."

/** Why an edit was rejected, in words for the model. */
class EditRefused extends Schema.TaggedError<EditRefused>()("EditRefused", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

const refuse = (reason: string) => new EditRefused({ reason })

const verbs = { view: "Read", create: "Write", replace: "Edit" }

/** What is told of a changed file: its text before and after. */
const changed = (path: string, text: string, oldText: string | null, newText: string): ToolOutput => ({
  text,
  failed: false,
  shown: [{ type: "diff", path, oldText, newText }]
})

const decodeUtf8 = (bytes: Uint8Array) =>
  Either.try({
    try: () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
    catch: () => refuse("The file is not UTF-8 text. Use the shell for it.")
  })

/** The edit tool, confined to a directory: neither `..` nor a symbolic link leads outside. */
export const editTool = Effect.fn("editTool")(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = yield* fs.realPath(directory)

  const isInside = (file: string) => {
    const relative = path.relative(root, file)
    return relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative)
  }

  /** Resolves a path, following the links in the part of it that exists. */
  const realPathOf = (file: string): Effect.Effect<string, PlatformError.PlatformError> =>
    Effect.catchIf(
      fs.realPath(file),
      (error) => error._tag === "SystemError" && error.reason === "NotFound",
      () =>
        Effect.matchEffect(fs.readLink(file), {
          onFailure: () =>
            Effect.map(realPathOf(path.dirname(file)), (parent) => path.join(parent, path.basename(file))),
          onSuccess: (target) => realPathOf(path.resolve(path.dirname(file), target))
        })
    )

  const locate = Effect.fnUntraced(function*(given: string) {
    const file = yield* realPathOf(path.resolve(root, given))
    return isInside(file) ? file : yield* refuse(`${given} is outside of the repository.`)
  })

  const read = Effect.fnUntraced(function*(file: string, given: string) {
    if (!(yield* fs.exists(file))) return yield* refuse(`There is no file ${given}.`)
    const info = yield* fs.stat(file)
    if (info.type !== "File") return yield* refuse(`${given} is not a file. Use the shell to look at it.`)
    return yield* decodeUtf8(yield* fs.readFile(file))
  })

  const refuseLeft = Either.mapLeft(refuse)

  const view = Effect.fnUntraced(function*({ first_line = 1, last_line = Infinity, path: given }: EditInput) {
    const content = yield* read(yield* locate(given), given)
    const text = forModel(yield* refuseLeft(viewLines(content, first_line, last_line)))
    return { text, failed: false, shown: [] } satisfies ToolOutput
  })

  const create = Effect.fnUntraced(function*({ content, path: given }: EditInput) {
    if (content === undefined) return yield* refuse("create needs `content`.")
    const file = yield* locate(given)
    // of another kind than text: its lines are not counted
    const before = yield* Effect.option(read(file, given))
    const existed = Option.isSome(before) || (yield* fs.exists(file))
    yield* fs.makeDirectory(path.dirname(file), { recursive: true })
    yield* fs.writeFileString(file, content)
    return changed(file, existed ? `Written over: ${given}` : `Created: ${given}`, Option.getOrNull(before), content)
  })

  const replace = Effect.fnUntraced(function*({ new: replacement, old, path: given }: EditInput) {
    if (old === undefined || replacement === undefined) return yield* refuse("replace needs `old` and `new`.")
    const file = yield* locate(given)
    const before = yield* read(file, given)
    const after = yield* refuseLeft(replaceOnce(before, old, replacement))
    yield* fs.writeFileString(file, after)
    return changed(file, `Replaced in ${given}`, before, after)
  })

  const act = (input: EditInput): Effect.Effect<ToolOutput, EditRefused | PlatformError.PlatformError> =>
    ({ view, create, replace })[input.action](input)

  const run = Effect.fn("EditTool.run")((input: EditInput): Effect.Effect<ToolOutput> =>
    Effect.catchAll(
      act(input),
      (error) => Effect.succeed({ text: error.message, failed: true, shown: [textContent(error.message)] })
    )
  )

  const tool: Tool<EditInput, typeof EditInput.Encoded> = {
    name: "edit",
    description,
    input: EditInput,
    about: ({ action, path: given }) => ({
      title: `${verbs[action]} ${given}`,
      kind: action === "view" ? "read" : "edit",
      locations: [{ path: path.resolve(root, given) }]
    }),
    run
  }
  return tool
})
