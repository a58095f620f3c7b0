/** Tries the tokens of the chat bots that are switched on. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { missingScopes } from "../../services/slack/SlackScopes.ts"
import { type DoctorCheck, fail, ok, request, type Verdict, warn } from "./DoctorCheck.ts"

const SlackAnswer = Schema.Struct({
  ok: Schema.Boolean,
  error: Schema.optional(Schema.String),
  team: Schema.optional(Schema.String),
  user: Schema.optional(Schema.String)
})
const readSlack = Schema.decodeUnknownOption(SlackAnswer)

const slackCall = (apiUrl: string, method: string, token: Redacted.Redacted) =>
  request(HttpClientRequest.post(`${apiUrl}${method}`).pipe(HttpClientRequest.bearerToken(token))).pipe(
    Effect.flatMap(({ body, headers, status }) =>
      Option.match(readSlack(body), {
        onNone: () => Effect.fail(`it responded with status ${status}`),
        onSome: (answer) =>
          answer.ok
            ? Effect.succeed({ ...answer, scopes: headers["x-oauth-scopes"] })
            : Effect.fail(answer.error ?? "it refuses the token")
      })
    )
  )

const slack: DoctorCheck = {
  name: "slack",
  run: Effect.gen(function*() {
    const { slack: { allowedChannels, allowedUsers, apiUrl, appToken, botToken } } = yield* AppConfig
    if (Option.isNone(botToken) && Option.isNone(appToken)) return ok("off (SLACK_BOT_TOKEN is not set)")
    if (Option.isNone(botToken)) return fail("SLACK_BOT_TOKEN is not set", "set both Slack tokens, or neither")
    if (Option.isNone(appToken)) return fail("SLACK_APP_TOKEN is not set", "set both Slack tokens, or neither")
    const refused = (variable: string) => (reason: string): Effect.Effect<never, Verdict> =>
      Effect.fail(fail(`${variable}: ${reason}`, `check ${variable} and SLACK_API_URL`))
    const bot = yield* Effect.catchAll(slackCall(apiUrl, "auth.test", botToken.value), refused("SLACK_BOT_TOKEN"))
    yield* Effect.catchAll(slackCall(apiUrl, "apps.connections.open", appToken.value), refused("SLACK_APP_TOKEN"))
    const missing = bot.scopes === undefined ? [] : missingScopes(bot.scopes)
    if (missing.length > 0) {
      return fail(
        `SLACK_BOT_TOKEN lacks the scopes ${missing.join(", ")}`,
        "add them to the app (docs/slack.md has the manifest) and install it again"
      )
    }
    const who = `${bot.user ?? "the bot"} in ${bot.team ?? "its workspace"}`
    return allowedUsers.length + allowedChannels.length > 0
      ? ok(who)
      : warn(
        `${who}: everybody in the workspace may start sessions and steer them, guests and shared channels included`,
        "set SLACK_ALLOWED_USERS or SLACK_ALLOWED_CHANNELS"
      )
  }).pipe(Effect.merge)
}

const TelegramAnswer = Schema.Struct({
  ok: Schema.Boolean,
  description: Schema.optional(Schema.String),
  result: Schema.optional(Schema.Struct({ username: Schema.optional(Schema.String) }))
})
const readTelegram = Schema.decodeUnknownOption(TelegramAnswer)

const telegram: DoctorCheck = {
  name: "telegram",
  run: Effect.gen(function*() {
    const { telegram: { allowedUsers, apiUrl, botToken } } = yield* AppConfig
    if (Option.isNone(botToken)) return ok("off (TELEGRAM_BOT_TOKEN is not set)")
    const mend = "check TELEGRAM_BOT_TOKEN and TELEGRAM_API_URL"
    return yield* request(HttpClientRequest.get(`${apiUrl}/bot${Redacted.value(botToken.value)}/getMe`)).pipe(
      Effect.map(({ body, status }) =>
        Option.match(readTelegram(body), {
          onNone: () => fail(`it responded with status ${status}`, mend),
          onSome: ({ description, ok: taken, result }) =>
            !taken
              ? fail(description ?? "it refuses the token", mend)
              : allowedUsers.length === 0
              ? fail("TELEGRAM_ALLOWED_USERS is not set: the bot takes tasks from nobody", "set TELEGRAM_ALLOWED_USERS")
              : ok(`@${result?.username ?? "bot"}`)
        })
      ),
      Effect.catchAll((reason) => Effect.succeed(fail(reason, mend)))
    )
  })
}

export const chatChecks: ReadonlyArray<DoctorCheck> = [slack, telegram]
