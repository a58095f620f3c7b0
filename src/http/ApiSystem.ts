/** The part of the API that is about the server itself, and the agents that it has. */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { AgentInfo } from "../domain/AgentInfo.ts"
import { optional } from "../domain/Wire.ts"
import { describe } from "./ApiDocument.ts"
import { Authorization } from "./Authorization.ts"

const CheckResult = Schema.Struct({ status: Schema.Literal("ok", "failed"), message: optional(Schema.String) })

const checks = Schema.Record({ key: Schema.String, value: CheckResult })
export const Ready = Schema.Struct({ status: Schema.Literal("ready"), checks })
export const NotReady = Schema.Struct({ status: Schema.Literal("unavailable"), checks })

export class SystemGroup extends HttpApiGroup.make("system")
  .add(
    HttpApiEndpoint.get("health", "/health").addSuccess(HttpApiSchema.Text()).annotateContext(
      describe("Returns ok while the server is up")
    )
  )
  .add(
    HttpApiEndpoint.get("ready", "/ready")
      .addSuccess(Ready)
      .addSuccess(NotReady, { status: 503 })
      .annotateContext(describe("Check everything that a session needs"))
  )
  .add(
    HttpApiEndpoint.get("metrics", "/metrics")
      .addSuccess(HttpApiSchema.Text({ contentType: "text/plain; version=0.0.4; charset=utf-8" }))
      .annotateContext(describe("Get the metrics in Prometheus' text format"))
      .middleware(Authorization)
  )
{}

export class AgentsGroup extends HttpApiGroup.make("agents")
  .add(
    HttpApiEndpoint.get("agents", "/api/agents")
      .addSuccess(Schema.Array(AgentInfo))
      .annotateContext(
        describe("List the agents", "The built-in one, and the public ones that the sandbox may have.")
      )
  )
  .middleware(Authorization)
{}
