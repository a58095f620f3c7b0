/** Tries each key that is set, GitHub's and the model's, with one cheap call. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { Agent, type AgentName, show } from "../../domain/Agent.ts"
import { Agents } from "../../services/agents/Agents.ts"
import { AppConfig, type AppConfigShape } from "../../services/config/AppConfig.ts"
import { missing, roleModel } from "../../services/model/ModelChoice.ts"
import { buildCommand, InstalledAgents } from "../../services/sandbox/InstalledAgents.ts"
import { type Answer, type DoctorCheck, fail, ok, request, type Verdict, warn } from "./DoctorCheck.ts"

const textAt = (body: unknown, key: string): string =>
  Predicate.hasProperty(body, key) && typeof body[key] === "string" ? body[key] : ""

/** What GitHub's response to `GET /user` says about the token. Only classic tokens report their scopes. */
export const githubVerdict = ({ body, headers, status }: Answer): Verdict => {
  if (status === 401) return fail("GITHUB_TOKEN was rejected", "create a new token with the scope repo")
  if (status === 403) {
    return warn(
      "GITHUB_TOKEN does not belong to a person (perhaps to an app)",
      "make sure it may write contents and pull requests on the repositories"
    )
  }
  if (status !== 200) return fail(`GitHub responded with status ${status}`, "check GITHUB_API_URL")
  const login = textAt(body, "login")
  const scopes = headers["x-oauth-scopes"]?.split(",").map((scope) => scope.trim()).filter((scope) => scope !== "")
  if (scopes === undefined) {
    return ok(`${login}, fine-grained token (it needs write access to contents and pull requests)`)
  }
  if (scopes.includes("repo")) return ok(`${login}, scopes ${scopes.join(", ")}`)
  return scopes.includes("public_repo")
    ? warn(`${login}, scopes ${scopes.join(", ")}`, "public repositories only; add the scope repo for private ones")
    : fail(`${login}, scopes ${scopes.join(", ") || "none"}`, "a push needs the scope repo (or public_repo)")
}

const github: DoctorCheck = {
  name: "github",
  run: Effect.gen(function*() {
    const { github } = yield* AppConfig
    if (Option.isNone(github.token)) {
      return warn("GITHUB_TOKEN is not set: only local repositories can be worked on", "set GITHUB_TOKEN")
    }
    return yield* request(
      HttpClientRequest.get(`${github.apiUrl}/user`).pipe(
        HttpClientRequest.bearerToken(github.token.value),
        HttpClientRequest.accept("application/vnd.github+json")
      )
    ).pipe(
      Effect.map(githubVerdict),
      Effect.catchAll((reason) =>
        Effect.succeed(fail(`${github.apiUrl}: ${reason}`, "check GITHUB_API_URL and the network"))
      )
    )
  })
}

/** What the response to listing the models says about the key. */
export const modelVerdict = (variable: string, url: string, { status }: Answer): Verdict =>
  status === 200
    ? ok(`${url} accepts ${variable}`)
    : status === 400 || status === 401 || status === 403
    ? fail(`${url} rejects ${variable} (${status})`, `check ${variable}`)
    : status === 404
    ? warn(`${url} cannot list models, so the key could not be tried`, "start a session to find out")
    : fail(`${url} responded with status ${status}`, "try again later")

/** Which models plan and review, by the keys that are set. */
export const rolesVerdict = (config: AppConfigShape): Verdict => {
  const roles = [["planner", "plans"], ["reviewer", "reviews"]] as const
  const unusable = roles.flatMap(([role]) =>
    Option.match(roleModel(config, role), { onNone: () => [missing(config, role)], onSome: () => [] })
  )
  const [reason] = unusable
  return reason === undefined
    ? ok(
      roles.flatMap(([role, what]) => Option.toArray(roleModel(config, role)).map(({ model }) => `${model} ${what}`))
        .join(", ")
    )
    : warn(reason, "name a model of Anthropic's or OpenAI's whose key is set")
}

const model: DoctorCheck = {
  name: "model",
  run: Effect.gen(function*() {
    const config = yield* AppConfig
    const { agent, anthropic, google, openai } = config
    const tried = [
      ...Option.toArray(anthropic.apiKey).map((key) => ({
        variable: "ANTHROPIC_API_KEY",
        url: anthropic.baseUrl,
        ask: HttpClientRequest.get(`${anthropic.baseUrl}/v1/models?limit=1`).pipe(
          HttpClientRequest.setHeaders({ "x-api-key": Redacted.value(key), "anthropic-version": "2023-06-01" })
        )
      })),
      ...Option.toArray(openai.apiKey).map((key) => ({
        variable: "OPENAI_API_KEY",
        url: openai.baseUrl,
        ask: HttpClientRequest.get(`${openai.baseUrl}/models`).pipe(HttpClientRequest.bearerToken(key))
      })),
      ...Option.toArray(google.apiKey).map((key) => ({
        variable: "GEMINI_API_KEY",
        url: google.baseUrl,
        ask: HttpClientRequest.get(`${google.baseUrl}/v1beta/models?pageSize=1`).pipe(
          HttpClientRequest.setHeader("x-goog-api-key", Redacted.value(key))
        )
      }))
    ]
    const mend = "set ANTHROPIC_API_KEY or OPENAI_API_KEY"
    if (tried.length === 0) {
      return Option.exists(agent, ({ _tag }) => _tag === "Command")
        ? warn("no key is set: sessions run without plans and reviews", mend)
        : fail("no key is set: the agent has no model to work with", mend)
    }
    const verdicts = yield* Effect.forEach(tried, ({ ask, url, variable }) =>
      Effect.match(request(ask), {
        onSuccess: (answer) => modelVerdict(variable, url, answer),
        onFailure: (reason) => fail(`${url}: ${reason}`, "check the base URL and the network")
      }))
    const all = [...verdicts, rolesVerdict(config)]
    return all.find(({ status }) => status === "fail") ?? all.find(({ status }) => status === "warn") ??
      ok(all.map(({ detail }) => detail).join("; "))
  })
}

/** Whether the sandbox has a public agent. */
const installed = (name: AgentName) =>
  Effect.gen(function*() {
    const { contents, image } = yield* InstalledAgents
    return Option.match(yield* contents, {
      onNone: () => warn(`${name}; whether the image has it cannot be asked now`, "start Docker"),
      onSome: (found) => {
        const { agents } = found
        const mend = `run ${buildCommand(found, name)}, or set OPENTL_AGENT to another one`
        const installed = agents.find((agent) => agent.name === name)
        if (installed !== undefined) return ok(`${name} ${installed.version}`)
        return Option.match(image, {
          onNone: () =>
            fail(`the local sandbox does not have ${name}`, "use Docker, or set OPENTL_AGENT to another one"),
          onSome: (image) =>
            fail(found.exists ? `the image ${image} does not have ${name}` : `there is no image ${image} yet`, mend)
        })
      }
    })
  }).pipe(Effect.provide(InstalledAgents.layer))

/** Which agent a session would get now. */
const automatic = Effect.flatMap(Agents, ({ choose }) => choose(undefined)).pipe(
  Effect.map(({ agent, reason }) => ok(reason ?? show(agent))),
  Effect.provide(Agents.layer)
)

/** Whether the configured agent is there. */
const agent: DoctorCheck = {
  name: "agent",
  run: Effect.flatMap(
    AppConfig,
    ({ agent: configured }) =>
      Option.match(configured, {
        onNone: () => automatic,
        onSome: Agent.$match({
          Command: () => Effect.succeed(ok("your own command")),
          Acp: () => Effect.succeed(ok("your own program, by the Agent Client Protocol")),
          Named: ({ name }) => name === "opentl" ? Effect.succeed(ok(name)) : installed(name)
        })
      })
  )
}

export const accountChecks: ReadonlyArray<DoctorCheck> = [github, model, agent]
