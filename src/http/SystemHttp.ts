/** Health, readiness and metrics. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import { Api } from "./Api.ts"
import type { Authorization } from "./Authorization.ts"
import * as Prometheus from "./Prometheus.ts"
import { HealthChecks, report } from "./Ready.ts"

export const layer: Layer.Layer<HttpApiGroup.ApiGroup<"opentl", "system">, never, HealthChecks | Authorization> =
  HttpApiBuilder.group(Api, "system", (handlers) =>
    Effect.gen(function*() {
      const checks = yield* HealthChecks
      return handlers
        .handle("health", () => Effect.succeed("ok"))
        .handle("ready", () => Effect.flatMap(checks, report))
        .handle("metrics", () => Effect.map(Metric.snapshot, Prometheus.format))
    }))
