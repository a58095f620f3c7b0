/** Everything that `opentl doctor` looks at, in the order that it is shown. A further check is a further entry. */
import * as Effect from "effect/Effect"
import { AppConfig } from "../services/AppConfig.ts"
import { accountChecks } from "./AccountChecks.ts"
import { chatChecks } from "./ChatChecks.ts"
import { examine, type Finding } from "./DoctorCheck.ts"
import { hostChecks } from "./HostChecks.ts"
import { sandboxChecks } from "./SandboxChecks.ts"

const checks = [...hostChecks, ...sandboxChecks, ...accountChecks, ...chatChecks]

/** All checks at once. A configuration that cannot be read is the one finding: nothing else can be tried with it. */
export const examineAll = Effect.forEach(checks, examine, { concurrency: "unbounded" }).pipe(
  Effect.map((
    findings
  ): ReadonlyArray<Finding> => [{ check: "configuration", status: "ok", detail: "readable" }, ...findings]),
  Effect.provide(AppConfig.layer),
  Effect.catchTags({
    ConfigInvalid: (error) => Effect.succeed([unreadable(error.message)]),
    ConfigFileInvalid: (error) => Effect.succeed([unreadable(error.message)])
  })
)

const unreadable = (detail: string): Finding => ({
  check: "configuration",
  status: "fail",
  detail,
  mend: "opentl config shows where each value comes from"
})
