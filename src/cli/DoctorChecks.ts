/** Everything that `opentl doctor` looks at, in the order that it is shown. A further check is a further entry. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { AppConfig } from "../services/config/AppConfig.ts"
import { accountChecks } from "./AccountChecks.ts"
import { chatChecks } from "./ChatChecks.ts"
import { examine, type Finding } from "./DoctorCheck.ts"
import { hostChecks } from "./HostChecks.ts"
import { sandboxChecks } from "./SandboxChecks.ts"

const checks = [...hostChecks, ...sandboxChecks, ...accountChecks, ...chatChecks]

/**
 * All checks at once; a server that is named takes the place of the configured one. A configuration that cannot be read
 * is the one finding: nothing else can be tried with it.
 */
export const examineAll = (server: Option.Option<string>) =>
  Effect.forEach(checks, examine, { concurrency: "unbounded" }).pipe(
    Effect.map((findings): ReadonlyArray<Finding> => [readable, ...findings]),
    Effect.updateService(AppConfig, (config) => ({ ...config, server: Option.orElse(server, () => config.server) })),
    Effect.provide(AppConfig.layer),
    Effect.catchTags({
      ConfigInvalid: (error) => Effect.succeed([unreadable(error.message)]),
      ConfigFileInvalid: (error) => Effect.succeed([unreadable(error.message)])
    })
  )

const readable: Finding = { check: "configuration", status: "ok", detail: "readable" }

const unreadable = (detail: string): Finding => ({
  check: "configuration",
  status: "fail",
  detail,
  mend: "opentl config shows where each value comes from"
})
