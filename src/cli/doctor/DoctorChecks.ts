/** All checks of `opentl doctor`, in the order of its JSON. To add a check, add an entry. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { accountChecks } from "./AccountChecks.ts"
import { chatChecks } from "./ChatChecks.ts"
import { type DoctorCheck, examine, type Finding } from "./DoctorCheck.ts"
import { hostChecks } from "./HostChecks.ts"
import { priceChecks } from "./PriceChecks.ts"
import { sandboxChecks } from "./SandboxChecks.ts"

const checks = [...hostChecks, ...sandboxChecks, ...accountChecks, ...priceChecks, ...chatChecks]

const configuration = "configuration"

/** The names of the checks, in order. */
export const names: ReadonlyArray<string> = [configuration, ...checks.map(({ name }) => name)]

/** Emits each finding as soon as it is known: a slow check does not delay the others. */
export const examineEach = (all: ReadonlyArray<DoctorCheck>) =>
  Stream.mapEffect(Stream.fromIterable(all), examine, { concurrency: "unbounded", unordered: true })

/**
 * Runs all checks concurrently; a named server replaces the configured one. If the configuration cannot be read, that
 * is the only finding, because nothing else can be tried.
 */
export const examineAll = (server: Option.Option<string>) =>
  Layer.build(AppConfig.layer).pipe(
    Effect.map(Context.get(AppConfig)),
    Effect.map((config) =>
      Stream.succeed(readable).pipe(
        Stream.concat(examineEach(checks)),
        Stream.provideService(AppConfig, { ...config, server: Option.orElse(server, () => config.server) })
      )
    ),
    Effect.catchTags({
      ConfigInvalid: (error) => Effect.succeed(Stream.succeed(unreadable(error.message))),
      ConfigFileInvalid: (error) => Effect.succeed(Stream.succeed(unreadable(error.message)))
    }),
    Stream.unwrapScoped
  )

const readable: Finding = { check: configuration, status: "ok", detail: "readable" }

const unreadable = (detail: string): Finding => ({
  check: configuration,
  status: "fail",
  detail,
  mend: "opentl config shows where each value comes from"
})
