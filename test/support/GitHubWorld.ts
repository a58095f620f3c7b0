/** GitHub as the stand-in plays it, and how the server is configured for it. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { branchOf, SessionId } from "../../src/domain/Ids.ts"
import { Repository } from "../../src/domain/Repository.ts"
import * as GitHubStandIn from "../standins/github/GitHubStandIn.ts"

export const token = "ghp_real"
export const slug = "acme/app"
export const repo = Repository.GitHub({ owner: "acme", name: "app" })
/** The branch of the session. */
export const head = branchOf(SessionId.make("0123456789ab"))

/** The configuration of a server that speaks to it, with a token or without. */
export const configOf = (gitHub: GitHubStandIn.GitHubStandIn, wanted: string | null) => ({
  github: {
    token: Option.map(Option.fromNullable(wanted), Redacted.make),
    apiUrl: gitHub.apiUrl,
    serverUrl: gitHub.serverUrl,
    webhookSecret: Option.none()
  }
})

/** GitHub with the repository that the tests name. */
export const gitHubWithRepository = Effect.gen(function*() {
  const gitHub = yield* GitHubStandIn.make({ token })
  yield* gitHub.createRepository({ owner: "acme", name: "app", files: { "README.md": "# App\n" } })
  return gitHub
})
