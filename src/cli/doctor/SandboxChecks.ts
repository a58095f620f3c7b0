/** Checks where agents run: the Docker engine and its image, or how well this machine isolates a process. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { InstalledAgents } from "../../services/sandbox/InstalledAgents.ts"
import { Sandbox } from "../../services/sandbox/Sandbox.ts"
import * as SandboxLayer from "../../services/sandbox/SandboxLayer.ts"
import { type DoctorCheck, fail, ok, warn } from "./DoctorCheck.ts"

const verdict = Effect.gen(function*() {
  const { sandbox: wanted } = yield* AppConfig
  const sandbox = yield* Sandbox
  yield* sandbox.check
  if (sandbox.kind.includes("no isolation")) {
    return warn(
      `${sandbox.kind}: an agent can do everything that this user can`,
      "start Docker, or install bubblewrap if the kernel allows user namespaces"
    )
  }
  return wanted === "auto" && sandbox.kind !== "docker"
    ? warn(
      `${sandbox.kind}: Docker does not answer`,
      "start Docker to get limits on memory and processes, or set OPENTL_SANDBOX=local"
    )
    : ok(sandbox.kind)
})

const sandbox: DoctorCheck = {
  name: "sandbox",
  run: verdict.pipe(
    Effect.provide(SandboxLayer.layer),
    Effect.catchTag("SandboxUnavailable", ({ mend, reason }) => Effect.succeed(fail(reason, mend)))
  )
}

/** What repositories find in the sandbox. */
const tools: DoctorCheck = {
  name: "tools",
  run: Effect.gen(function*() {
    const { contents, image } = yield* InstalledAgents
    if (Option.isNone(image)) return ok("those of this machine")
    return Option.match(yield* contents, {
      onNone: () => warn(`what the image ${image.value} has cannot be asked now`, "start Docker"),
      onSome: ({ exists, tools }) => {
        if (!exists) return warn(`there is no image ${image.value} yet`, "run opentl sandbox build")
        return ok(
          tools === undefined
            ? `the image ${image.value} does not tell: it was not built by this version`
            : tools.map(({ name, version }) => `${name} ${version}`).join(", ")
        )
      }
    })
  }).pipe(Effect.provide(InstalledAgents.layer))
}

export const sandboxChecks: ReadonlyArray<DoctorCheck> = [sandbox, tools]
