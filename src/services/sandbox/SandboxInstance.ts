/**
 * The installation's id, stored in `<data dir>/instance` on first use. Everything that sandboxes leave outside the data
 * directory carries it, so that several installations on one machine do not sweep each other.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import { SandboxUnavailable } from "./Sandbox.ts"

/** 16 lower-case hex digits. */
export const InstanceId = Schema.Trim.pipe(Schema.pattern(/^[0-9a-f]{16}$/), Schema.brand("InstanceId"))
export type InstanceId = typeof InstanceId.Type

const newId = Effect.map(
  Effect.replicateEffect(Random.nextIntBetween(0, 16), 16),
  (digits) => InstanceId.make(digits.map((digit) => digit.toString(16)).join(""))
)

/** Reads the installation's id, or creates one. */
export const instanceOf = Effect.fn("SandboxInstance.instanceOf")(
  function*(dataDir: string) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const file = path.join(dataDir, "instance")
    const known = yield* Effect.option(Effect.flatMap(fs.readFileString(file), Schema.decode(InstanceId)))
    if (Option.isSome(known)) return known.value
    const id = yield* newId
    yield* fs.makeDirectory(dataDir, { recursive: true })
    yield* fs.writeFileString(`${file}.new`, `${id}\n`)
    yield* fs.rename(`${file}.new`, file)
    return id
  },
  Effect.mapError((error) =>
    new SandboxUnavailable({
      reason: `the installation's id cannot be stored: ${error.message}`,
      mend: "check OPENTL_DATA_DIR"
    })
  )
)
